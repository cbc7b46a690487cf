import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { staticNetworkOf } from "../cloud-init/network-config.ts";
import type { ClusterConfig } from "../config/index.ts";
import { baseImageName, deriveTopology, type Role } from "../topology.ts";
import { Addons } from "./addons.ts";
import { BaseImage } from "./base-image.ts";
import { Master } from "./master.ts";
import { Network } from "./network.ts";
import { NodeReadiness } from "./node-readiness.ts";
import { StoragePool } from "./storage-pool.ts";
import type { MachinePlatform } from "./virtual-machine.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What a {@link Cluster} is made from. */
export interface ClusterArgs {
  /** Plain and checked: it decides which resources exist. Not stored: it holds the operator's key. */
  readonly config: ClusterConfig;
}

/** A node as the stack's outputs show it. */
export interface NodeOutput {
  name: string;
  role: Role;
  address: string;
}

/** Seconds of each phase, by node; `cluster` for what concerns all. */
export type Timings = Record<string, Record<string, number>>;

/**
 * A Kubernetes cluster of virtual machines made from one image.
 *
 * Creates: 1. pool, network and base image; 2. the machines of all nodes, at once; 3. the control plane; 4. the joins;
 * 5. the gate that waits until these nodes are Ready; 6. the add-ons and the smoke check.
 */
export class Cluster extends pulumi.ComponentResource {
  /** The administrator's kubeconfig. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Every node, the control plane first. */
  readonly nodes: pulumi.Output<NodeOutput[]>;
  /** URL of the API server. */
  readonly apiEndpoint: pulumi.Output<string>;
  /** SHA-256 of the image the nodes run. */
  readonly imageHash: string;
  readonly kubernetesVersion: pulumi.Output<string>;
  readonly timings: pulumi.Output<Timings>;

  constructor(name: string, { config }: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:Cluster", name, { clusterName: config.clusterName }, opts);
    const child = { parent: this };
    const { clusterName, network, ssh, timeouts } = config;
    const topology = deriveTopology(config);

    // Tells this cluster from an earlier or another one of the same name. Every machine carries it, and what replaces all
    // machines replaces it first: the engine then takes everything back in one order, workers first. Each machine replaced
    // for itself, the control plane would be gone before its workers had left, and their leaving would fail.
    const id = new random.RandomUuid(
      `${name}-id`,
      { keepers: { machines: fingerprint(config) } },
      { ...child, deleteBeforeReplace: true },
    );
    const pool = new StoragePool(`${name}-pool`, { pool: config.storagePool }, child);
    const net = new Network(`${name}-network`, { network, clusterName }, child);
    const image = new BaseImage(baseImageName(name), { image: config.image, poolName: pool.poolName }, child);
    const platform: MachinePlatform = {
      libvirtUri: config.libvirtUri,
      domainType: config.domainType,
      poolName: pool.poolName,
      networkName: net.networkName,
      staticNetwork: staticNetworkOf(network),
      baseVolumeId: image.volumeId,
      ssh,
      bootTimeoutMinutes: timeouts.boot,
      owner: pulumi.interpolate`nodeforge cluster ${clusterName}, ${id.result}`,
    };
    const identity = { clusterName, network: config.clusterNetwork };

    const master = new Master(
      `${name}-${topology.master.name}`,
      { node: topology.master, platform, identity, timeouts },
      child,
    );
    const { workers } = new WorkerPool(
      `${name}-workers`,
      {
        nodes: topology.workers,
        namePrefix: name,
        platform,
        identity,
        master,
        timeouts,
        tokenTtlMinutes: config.tokenTtlMinutes,
        labels: config.workers.labels,
        taints: config.workers.taints,
        joinWaveSize: config.joinWaveSize,
      },
      child,
    );
    const readiness = new NodeReadiness(
      `${name}-ready`,
      {
        nodes: [
          { name: topology.master.name, joined: master.machine.domainId },
          ...workers.map(({ node, joined }) => ({ name: node.name, joined })),
        ],
        connection: master.connection,
        user: ssh.user,
        masterDomain: master.machine.domain,
        timeoutMinutes: timeouts.ready,
      },
      child,
    );
    new Addons(
      `${name}-addons`,
      {
        kubeconfig: master.kubeconfig,
        clusterId: id.result,
        network: config.clusterNetwork,
        workers: workers.length,
        smokeCheck: config.smokeCheck,
        masterDomain: master.machine.domain,
        timeoutMinutes: timeouts.ready,
      },
      // Pods go to nodes that are Ready; their own limits need not cover the joins.
      { ...child, dependsOn: [readiness] },
    );

    this.kubeconfig = master.kubeconfig;
    this.imageHash = image.sha256;
    this.kubernetesVersion = master.kubernetesVersion;
    this.apiEndpoint = pulumi.interpolate`https://${master.endpoint}`;
    this.nodes = pulumi.all(
      [
        { node: topology.master, address: master.machine.address },
        ...workers.map(({ node, machine }) => ({ node, address: machine.address })),
      ].map(({ node, address }) =>
        pulumi.output(address).apply((value) => ({ name: node.name, role: node.role, address: value })),
      ),
    );
    this.timings = pulumi
      .all([master.timings, readiness.timings, ...workers.map((worker) => worker.timings)])
      .apply(([first, ready, ...rest]): Timings => ({
        [topology.master.name]: first ?? {},
        ...Object.fromEntries(workers.map((worker, index) => [worker.node.name, rest[index] ?? {}])),
        cluster: ready ?? {},
      }));
    this.registerOutputs({ apiEndpoint: this.apiEndpoint, nodes: this.nodes });
  }
}

/** Changes with everything that replaces all machines, or the disk the control plane lives on. */
function fingerprint({ domainType, image, master, network, ssh, storagePool }: ClusterConfig): string {
  const login = { user: ssh.user, publicKey: ssh.publicKey };
  const parts = { domainType, image: image.sha256, network, login, storagePool, masterDiskGiB: master.diskGiB };
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
