import { readFileSync } from "node:fs";
import { simulatedTaint, type SimulatedNodesConfig, type SimulatedPool } from "../config/simulated-nodes.ts";
import { host, parseSubnet } from "../lib/cidr.ts";
import { sha256, shortDigest } from "../lib/digest.ts";
import { poolLabel, simulatedLabel } from "../names.ts";

/** Annotation of a simulated Node: digest of its pool's definition. guest/simulate-nodes.sh recreates a Node with another one. */
const contentAnnotation = "nodeforge.local/content";

/** Requests of each kind that kwok makes at the same time; kwok (0.8.0) has no default beside a configuration file. */
const parallelism = 4;

/**
 * Returns the standard input of guest/simulate-nodes.sh: a line for each pool, an empty line, and kwok's configuration. A line
 * has the pool's name, its number of nodes, the digest of its content, its zones, and the Node in JSON. In the Node, `@NAME@`
 * and `@ZONE@` stand for the values of one node.
 */
export function simulationInput({ pools, stages, leaseSeconds }: SimulatedNodesConfig, podCidr: string): string {
  const lines = pools.map((pool) => {
    const node = JSON.stringify(nodeOf(pool, podCidr));
    const content = shortDigest(sha256(`${node} ${pool.zones.join(",")}`));
    return `${pool.name} ${pool.count} ${content} ${pool.zones.join(",")} ${node.replace("@CONTENT@", content)}\n`;
  });
  return `${lines.join("")}\n${kwokConfiguration(stages, leaseSeconds)}`;
}

/** Returns kwok's configuration: which nodes it manages, and its stages. */
function kwokConfiguration(stages: string | undefined, leaseSeconds: number): string {
  const options = {
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokConfiguration",
    options: {
      manageAllNodes: false,
      manageNodesWithLabelSelector: simulatedLabel,
      nodeLeaseDurationSeconds: leaseSeconds,
      nodeLeaseParallelism: parallelism,
      nodePlayStageParallelism: parallelism,
      podPlayStageParallelism: parallelism,
      podsOnNodeSyncParallelism: parallelism,
    },
  };
  const own = () => readFileSync(new URL("simulated-stages.yaml", import.meta.url), "utf8");
  return `${JSON.stringify(options)}\n---\n${stages ?? own()}`;
}

function nodeOf({ name, cpu, memoryMiB, pods, extendedResources, labels, taints }: SimulatedPool, podCidr: string) {
  const range = sharedRange(podCidr);
  const resources = Object.fromEntries(Object.entries(extendedResources).map(([key, value]) => [key, String(value)]));
  const amounts = { cpu: String(cpu), memory: `${memoryMiB}Mi`, pods: String(pods), ...resources };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "@NAME@",
      labels: {
        type: "kwok",
        ...labels,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": "@NAME@",
        "topology.kubernetes.io/zone": "@ZONE@",
        [poolLabel]: name,
        [simulatedLabel]: name,
      },
      annotations: { "kwok.x-k8s.io/node": "fake", [contentAnnotation]: "@CONTENT@" },
    },
    spec: { podCIDR: range, podCIDRs: [range], taints: [simulatedTaint, ...taints] },
    status: { allocatable: amounts, capacity: amounts },
  };
}

/**
 * Range of the pod network that all simulated nodes share: its last /24.
 *
 * A node without a range would get one of its own from the controller manager, until no worker gets any. The controller manager
 * (1.36) accepts one range on many nodes. No packet is sent there, because flanneld ignores nodes without its annotations and
 * simulated pods have no address.
 */
export function sharedRange(podCidr: string): string {
  const subnet = parseSubnet(podCidr);
  if (subnet === undefined) throw new Error(`podCidr is ${podCidr}, expected a subnet`);
  return `${host(subnet, subnet.last - subnet.first - 255)}/24`;
}
