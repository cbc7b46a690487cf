import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { staticNetworkOf } from "../cloud-init/network-config.ts";
import type { ClusterConfig } from "../config/index.ts";
import { healthy, type Health } from "../lifecycle/health.ts";
import { clientValidity, renewalOf } from "../lifecycle/certificates.ts";
import { dataDiskLife } from "../lifecycle/data-disk.ts";
import {
  generationOf,
  isUnavailable,
  hasUnusedToken,
  needsRollout,
  isSameCluster,
  keepersOf,
  keptIdentity,
} from "../lifecycle/prior-cluster.ts";
import { PriorState } from "../lifecycle/prior-state.ts";
import { Rollout, rolloutOrder } from "../lifecycle/rollout.ts";
import { domainMark, resourceName, resourceType, suffix } from "../names.ts";
import type { Topology } from "../topology.ts";
import { Addons } from "./addons.ts";
import { after } from "./after.ts";
import { BaseImage } from "./base-image.ts";
import { nodeOutputs, timingsOf, type NodeOutput, type Timings } from "./cluster-outputs.ts";
import { Master } from "./master.ts";
import { Network } from "./network.ts";
import { NodeReadiness } from "./node-readiness.ts";
import { OwnNames } from "./own-names.ts";
import { SimulatedNodes, simulatedCounts } from "./simulated-nodes.ts";
import { StoragePool } from "./storage-pool.ts";
import { omitUnreadOutputs } from "./unread-outputs.ts";
import { machineSignature, type MachinePlatform } from "./virtual-machine.ts";
import type { Worker } from "./worker.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Arguments of a {@link Cluster}. */
export interface ClusterArgs {
  /** A plain value, because it decides which resources exist. The state does not have it, because it has the ssh key. */
  readonly config: ClusterConfig;
  /** The nodes that follow from the configuration. */
  readonly topology: Topology;
  /** State before this run. @default an empty one */
  readonly prior?: PriorState;
  /** Result of the health check. @default a healthy cluster */
  readonly health?: Health;
  /** Whether the control plane's data is lost, so that the run creates another cluster. @default false */
  readonly dataLost?: boolean;
}

/**
 * A Kubernetes cluster of virtual machines that start from node images.
 *
 * Creates:
 *
 * 1. pool, network and base images,
 * 2. the machines of all nodes, in parallel,
 * 3. the control plane,
 * 4. the joins,
 * 5. the step that waits until all nodes are Ready,
 * 6. beside it, the add-ons and the smoke check,
 * 7. the simulated nodes, if there are any.
 */
export class Cluster extends pulumi.ComponentResource {
  /** The administrator's kubeconfig. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Every node, the control plane first. */
  readonly nodes: pulumi.Output<NodeOutput[]>;
  /** URL of the API server. */
  readonly apiEndpoint: pulumi.Output<string>;
  /** SHA-256 of the stack's image, which is the image of the control plane. */
  readonly imageHash: string;
  readonly kubernetesVersion: pulumi.Output<string>;
  /** Date and time at which the cluster's certificates expire, as ISO 8601; undefined for an unreadable kubeconfig. */
  readonly certificatesEnd: pulumi.Output<string | undefined>;
  readonly timings: pulumi.Output<Timings>;
  /** Number of simulated nodes by pool. Empty without any, because Pulumi warns of an undefined output. */
  readonly simulatedNodes: Readonly<Record<string, number>>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { config, topology, prior = new PriorState(), health = healthy, dataLost = false } = args;
    const transformations = [omitUnreadOutputs, ...(opts?.transformations ?? [])];
    super(resourceType.cluster, name, { clusterName: config.clusterName }, { ...opts, transformations });
    const child = { parent: this };
    const { clusterName, network, ssh, timeouts } = config;

    // The id tells this cluster from another one of the same name. Every machine depends on it. A change that makes another
    // cluster replaces the id first, so the engine deletes all resources of the old cluster in their order.
    const keepers = keepersOf(prior, config, dataLost);
    const id = new random.RandomUuid(`${name}${suffix.id}`, { keepers }, { ...child, deleteBeforeReplace: true });
    const pool = new StoragePool(`${name}${suffix.pool}`, { pool: config.storagePool }, child);
    const names = new OwnNames(name, id.result, isSameCluster(prior, name, keepers) ? prior : new PriorState());
    const net = new Network(
      `${name}${suffix.network}`,
      { network, mark: names.networkMark(`${name}${suffix.network}`) },
      child,
    );
    const baseVolumeIds = new Map(
      topology.images.map((image) => {
        const base = new BaseImage(`${name}${suffix.base}`, { image, poolName: pool.poolName, names }, child);
        return [image.sha256, base.volumeId];
      }),
    );
    const platform: MachinePlatform = {
      libvirtUri: config.libvirtUri,
      domainType: config.domainType,
      poolName: pool.poolName,
      networkName: net.networkName,
      ownNetwork: network.origin === "created" ? network.name : undefined,
      networkCidr: network.subnet.cidr,
      staticNetwork: staticNetworkOf(network),
      baseVolumeIds,
      ssh,
      bootTimeoutMinutes: timeouts.boot,
      owner: id.result.apply((result) => domainMark(clusterName, result)),
      cluster: id,
      prior,
      names,
    };
    const identity = { clusterName, network: config.clusterNetwork };

    const master = new Master(
      topology.master.resourceName,
      {
        node: topology.master,
        platform,
        identity,
        data: { ...config.master, ...dataDiskLife(prior, config, keepers) },
        settings: config,
        drain: config.drain,
        timeouts,
        kept: keptIdentity(prior, config, keepers),
        certificates: renewalOf(prior, topology.master),
      },
      child,
    );
    const order = rolloutOrder(
      topology.workers,
      {
        needsRollout: (node) => needsRollout(prior, node.resourceName, machineSignature(node, platform)),
        isUnavailable: (node) => health.lost.has(node.name) || isUnavailable(prior, node.resourceName),
      },
      config.maxUnavailable,
    );
    const rollout = new Rollout(order);
    const workers: Worker[] = [];
    for (const { config: pool, nodes } of topology.pools) {
      const workerPool = new WorkerPool(
        resourceName(name, pool.name),
        {
          nodes,
          platform,
          identity,
          master,
          timeouts,
          tokenTtlMinutes: config.tokenTtlMinutes,
          labels: pool.labels,
          taints: pool.taints,
          kubelet: pool.kubelet,
          featureGates: config.featureGates,
          earlier: [...workers],
          joinWaveSize: config.joinWaveSize,
          rollout,
          generationOf: ({ name, resourceName }) =>
            generationOf(
              prior,
              `${resourceName}${suffix.token}`,
              health.lost.has(name) || hasUnusedToken(prior, resourceName),
            ),
        },
        child,
      );
      workers.push(...workerPool.workers);
    }
    const readiness = new NodeReadiness(
      `${name}${suffix.ready}`,
      {
        nodes: [
          { name: topology.master.name, address: master.machine.address, joined: master.machine.domainId },
          ...workers.map(({ node, machine, joined }) => ({ name: node.name, address: machine.address, joined })),
        ],
        connection: master.connection,
        user: ssh.user,
        masterDomainId: master.machine.domainId,
        generation: generationOf(prior, `${name}${suffix.ready}`, health.degraded),
        timeoutMinutes: timeouts.ready,
      },
      child,
    );
    const hasSimulated = config.simulatedNodes.pools.length > 0;
    const addons = new Addons(
      `${name}${suffix.addons}`,
      {
        // The Kubernetes provider gives up at once where the API server does not answer. The gate waits for it.
        kubeconfig: health.silent ? after(master.kubeconfig, readiness.ready) : master.kubeconfig,
        podsAfter: workers.map(({ ready }) => ready),
        clusterId: id.result,
        network: config.clusterNetwork,
        workers: workers.length,
        smokeCheck: config.smokeCheck,
        metrics: config.componentMetrics.length > 0,
        masterDomain: master.machine.domain,
        timeoutMinutes: timeouts.ready,
      },
      child,
    );
    if (hasSimulated) {
      new SimulatedNodes(
        `${name}${suffix.simulated}`,
        {
          simulated: config.simulatedNodes,
          podCidr: config.clusterNetwork.podCidr,
          connection: master.connection,
          user: ssh.user,
          masterDomainId: master.machine.domainId,
          cluster: id,
          timeoutMinutes: timeouts.ready,
        },
        // The smoke check of an earlier release is updated first, because its pods would run on simulated nodes. The creation
        // of the nodes keeps the API server busy, which would delay the gate.
        { ...child, dependsOn: [readiness, addons] },
      );
    }

    this.kubeconfig = master.kubeconfig;
    this.imageHash = config.image.sha256;
    this.kubernetesVersion = master.kubernetesVersion;
    // A date reveals nothing about the key.
    this.certificatesEnd = pulumi.unsecret(
      master.kubeconfig.apply((text) => clientValidity(text)?.to.toISOString().slice(0, 19).concat("Z")),
    );
    this.apiEndpoint = pulumi.interpolate`https://${master.endpoint}`;
    const everyNode = [master, ...workers];
    this.nodes = nodeOutputs(everyNode);
    this.timings = timingsOf(everyNode, readiness.timings);
    this.simulatedNodes = simulatedCounts(config.simulatedNodes);
    this.registerOutputs({ apiEndpoint: this.apiEndpoint, nodes: this.nodes });
  }
}
