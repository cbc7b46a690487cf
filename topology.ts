import { sha256 } from "./lib/digest.ts";
import type { ClusterConfig } from "./config/index.ts";
import { host, offset } from "./lib/cidr.ts";
import type { VerifiedImage } from "./image/verify.ts";
import type { MachineSize } from "./config/nodes.ts";
import type { WorkerPoolConfig } from "./config/worker-pools.ts";
import { resourceName } from "./names.ts";

/** Role of a node. */
export type Role = "control-plane" | "worker";

/** A node, with its names and addresses. Only {@link deriveTopology} derives them. */
export interface Node extends MachineSize {
  /** Host name, and name of the Node object. */
  readonly name: string;
  readonly role: Role;
  /** Pool of a worker; undefined for the control plane. */
  readonly pool?: string;
  /** Image the node starts from. */
  readonly image: VerifiedImage;
  /** Host name and DNS domain. */
  readonly fqdn: string;
  /** Start of the names of its resources in the stack; a suffix of names.ts follows. */
  readonly resourceName: string;
  /** Name of the libvirt domain; unique on a hypervisor on which cluster names are unique. */
  readonly domainName: string;
  /** MAC address in lower case, as libvirt shows it. */
  readonly mac: string;
  /** IPv4 address, if it is known before boot; undefined where the DHCP server chooses it. */
  readonly address?: string;
  /** Source of the address: a lease, a reservation at the network's DHCP server, or the node's own seed disk. */
  readonly addressing: "dhcp" | "reservation" | "static";
}

/** Address of a machine, and the ssh host key by which a client recognizes it. */
export interface Identity {
  address: string;
  /** One line as in known_hosts, without the host. */
  hostKey: string;
}

/** A pool and its workers. */
export interface PoolNodes {
  readonly config: WorkerPoolConfig;
  readonly nodes: readonly Node[];
}

/** Nodes and images of a cluster. */
export interface Topology {
  readonly master: Node;
  readonly pools: readonly PoolNodes[];
  /** Workers of all pools, in the order of the pools. */
  readonly workers: readonly Node[];
  /** Images of the nodes, one for each content: the same image may have two paths. */
  readonly images: readonly VerifiedImage[];
}

/** Properties of a node that do not depend on its name and address. */
type Kind = MachineSize & Pick<Node, "image" | "pool">;

/**
 * Derives every node from the configuration.
 * @throws when two nodes have the same MAC address: one in four billion pairs. Another name prefix fixes that.
 */
export function deriveTopology(config: ClusterConfig): Topology {
  const { clusterName, network } = config;
  const node = (name: string, role: Role, kind: Kind, place: Pick<Node, "address" | "addressing">): Node => ({
    name,
    role,
    ...kind,
    fqdn: `${name}.${network.domain}`,
    resourceName: resourceName(clusterName, name),
    domainName: resourceName(clusterName, name),
    mac: macAddress(clusterName, name),
    ...place,
  });
  const master = node(config.master.name, "control-plane", kindOf(config.master, config.image), {
    address: network.masterAddress,
    // A reservation would change an existing network, which the stack must not do. There the node sets its own address.
    addressing: network.origin === "created" ? "reservation" : "static",
  });
  const firstStatic = offset(network.subnet, network.masterAddress) + 1;
  const pools = config.workerPools.map((pool) => ({
    config: pool,
    nodes: Array.from({ length: pool.count }, (_, index) =>
      node(
        `${pool.namePrefix}-${index + 1}`,
        "worker",
        { ...kindOf(pool, pool.image), pool: pool.name },
        // Only a cluster with one pool can have static addresses, so the index in the pool is the index in the cluster.
        network.workerAddressing === "static"
          ? { address: host(network.subnet, firstStatic + index), addressing: "static" }
          : { addressing: "dhcp" },
      ),
    ),
  }));
  const workers = pools.flatMap(({ nodes }) => nodes);
  const nodes = [master, ...workers];
  refuseSharedMac(nodes);
  const images = new Map(nodes.map(({ image }) => [image.sha256, image]));
  return { master, pools, workers, images: [...images.values()] };
}

function kindOf({ vcpus, memoryMiB, diskGiB }: MachineSize, image: VerifiedImage): Kind {
  return { vcpus, memoryMiB, diskGiB, image };
}

/** Returns the MAC address that follows from a node's name: 52:54 (locally administered, unicast) and 32 bits of a hash. */
export function macAddress(clusterName: string, nodeName: string): string {
  const digest = Buffer.from(sha256(`${clusterName}/${nodeName}`), "hex");
  return [0x52, 0x54, ...digest.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function refuseSharedMac(nodes: readonly Node[]): void {
  const owners = new Map<string, string>();
  for (const { mac, name } of nodes) {
    const other = owners.get(mac);
    if (other) {
      throw new Error(
        `nodes ${other} and ${name} get the same MAC address ${mac}. Fix: change masterName or a namePrefix.`,
      );
    }
    owners.set(mac, name);
  }
}
