import { staticNetworkOf } from "../cloud-init/network-config.ts";
import { seedOf } from "../cloud-init/seed.ts";
import { keptVolumeName } from "../lifecycle/kept-names.ts";
import type { ClusterConfig } from "../config/index.ts";
import { isSameCluster, keepersOf, priorCluster } from "../lifecycle/prior-cluster.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { contentName, contentVolumeName, suffix, type ContentExtension } from "../names.ts";
import type { Topology } from "../topology.ts";

/**
 * Names of the base images and seed disks that the program creates for a configuration. A cluster that is new or becomes
 * another one has none yet. Its names will get a random id, so they cannot be in use.
 */
export function desiredVolumes(config: ClusterConfig, topology: Topology, prior: PriorState): readonly string[] {
  const { clusterName, ssh } = config;
  const { id } = priorCluster(prior, clusterName);
  const isSame = isSameCluster(prior, clusterName, keepersOf(prior, config, false));
  if (id === undefined || !isSame) return [];
  const name = (resource: string, extension: ContentExtension) =>
    keptVolumeName(prior, resource, extension) ?? contentVolumeName(resource, extension, id);
  const { master, workers, images } = topology;
  const network = staticNetworkOf(config.network);
  return [
    ...images.map(({ sha256 }) => name(contentName(`${clusterName}${suffix.base}`, sha256), "qcow2")),
    ...[master, ...workers].map((node) =>
      name(contentName(`${node.resourceName}${suffix.seed}`, seedOf(node, ssh, network).digest), "iso"),
    ),
  ];
}
