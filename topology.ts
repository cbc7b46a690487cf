import { sha256 } from "./lib/digest.ts";
import type { ClusterConfig } from "./config/index.ts";
import { host, offset } from "./lib/cidr.ts";
import type { VerifiedImage } from "./image/verify.ts";
import type { MachineSize } from "./config/nodes.ts";
import type { WorkerPoolConfig } from "./config/worker-pools.ts";
import { resourceName } from "./names.ts";

/** What a node is for. */
export type Role = "control-plane" | "worker";

/** A node and everything that follows from its name; the only place names and addresses are derived. */
export interface Node extends MachineSize {
  /** Host name, and the name of the Node object. */
  readonly name: string;
  readonly role: Role;
  /** Name of a worker's pool. */
  readonly pool?: string;
  /** Image the node starts from. */
  readonly image: VerifiedImage;
  /** Host name with the nodes' DNS domain. */
  readonly fqdn: string;
  /** Name of its resources in the stack, before their suffixes. */
  readonly resourceName: string;
  /** Name of the libvirt domain; unique on the hypervisor as long as cluster names are. */
  readonly domainName: string;
  /** MAC address in lower case, as libvirt reads it back. */
  readonly mac: string;
  /** The address, where it is known before boot; DHCP chooses otherwise. */
  readonly address?: string;
  /** Whether the address is reserved with the network's DHCP server or set on the node itself. */
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

/** The nodes of a cluster. */
export interface Topology {
  readonly master: Node;
  readonly pools: readonly PoolNodes[];
  /** The workers of all pools, in their order. */
  readonly workers: readonly Node[];
  /** What the nodes start from, each content once: the same image may lie at two paths. */
  readonly images: readonly VerifiedImage[];
}

/** What a node's name and address do not depend on. */
type Kind = MachineSize & Pick<Node, "image" | "pool">;

/**
 * Derives every node from the configuration.
 * @throws when two nodes would get the same MAC address (one in four billion pairs); another name prefix mends that.
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
    // A reservation would change a network that is not ours, so on an existing one the node sets its address itself.
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
        // Static addresses come with one pool only, so its index is the cluster's.
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

/** A MAC address that stays the same for a node's name: 52:54 (locally administered, unicast) and 32 bits of a hash. */
function macAddress(clusterName: string, nodeName: string): string {
  const digest = Buffer.from(sha256(`${clusterName}/${nodeName}`), "hex");
  return [0x52, 0x54, ...digest.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function refuseSharedMac(nodes: readonly Node[]): void {
  const owners = new Map<string, string>();
  for (const { mac, name } of nodes) {
    const other = owners.get(mac);
    if (other) throw new Error(`nodes ${other} and ${name} would share the MAC address ${mac}; choose other names`);
    owners.set(mac, name);
  }
}
