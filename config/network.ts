import { holds, host, isAddress, offset, overlap, parseSubnet, type Subnet } from "../lib/cidr.ts";
import { checkDomain, checkLibvirtName } from "./names.ts";
import { mostWorkers, type Range } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import { poolsKey } from "./schema.ts";
import type { Values } from "./values.ts";
import type { WorkerPoolConfig } from "./worker-pools.ts";

/** How workers get their addresses. */
export type Addressing = "dhcp" | "static";

/** The network the nodes are on. */
export interface NetworkConfig {
  /** Whether the cluster creates the network, or uses an existing one and never changes it. */
  readonly origin: "created" | "existing";
  readonly name: string;
  readonly subnet: Subnet;
  /** The hypervisor's own address: gateway and name server of the nodes. */
  readonly gateway: string;
  readonly dhcpStart: string;
  readonly dhcpEnd: string;
  /** DNS domain of the nodes. */
  readonly domain: string;
  /** The control plane's address, known before it boots. */
  readonly masterAddress: string;
  readonly workerAddressing: Addressing;
}

/** The address ranges inside the cluster. */
export interface ClusterNetworkConfig {
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly domain: string;
}

const podPrefixOfNode = 24;

/** From a private class A network to the smallest range for a gateway, a control plane and a worker; a /30 is too small. */
const nodePrefixes: Range = [8, 29];
/** At most 16 bits wider than the range of a node, and no narrower (kubeadm's PodSubnetNodeMaskMaxDiff). */
const podPrefixes: Range = [8, podPrefixOfNode];
/** kubeadm requires at most 20 bits and at least ten addresses (MaximumBitsForServiceSubnet, MinimumAddressesInServiceSubnet). */
const servicePrefixes: Range = [12, 28];

/** This host, loopback, link-local, multicast and everything above (RFC 6890). */
const special = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].flatMap(
  (cidr) => parseSubnet(cidr) ?? [],
);

type Names = Pick<WorkerPoolConfig, "count" | "namePrefix">;

/** Returns the default address of the control plane in a subnet. */
export function masterAddressOf(subnet: Subnet): string {
  return host(subnet, 10);
}

/**
 * Reads and checks all addresses and domains. Adds what is wrong to `problems`.
 * @param simulated Whether the cluster has simulated nodes.
 */
export function readNetworks(
  values: Values,
  problems: Problems,
  pools: readonly Names[],
  simulated: boolean,
): { network: NetworkConfig; cluster: ClusterNetworkConfig } {
  // Without a valid number of workers, no range can be too small for them.
  const isCounted =
    !problems.has("workers", poolsKey) && pools.every(({ count }) => count >= 0 && count <= mostWorkers);
  const workers = isCounted ? pools.reduce((sum, { count }) => sum + count, 0) : 0;
  const nodes = subnetOf(values, problems, "networkCidr", nodePrefixes);
  const pods = subnetOf(values, problems, "podCidr", podPrefixes);
  const services = subnetOf(values, problems, "serviceCidr", servicePrefixes);
  const address = (key: string, fallback: number) => values.string(key) || host(nodes, fallback);

  const existing = values.string("network");
  const network: NetworkConfig = {
    origin: existing ? "existing" : "created",
    name: existing || values.string("networkName"),
    subnet: nodes,
    gateway: host(nodes, 1),
    masterAddress: values.string("masterAddress") || masterAddressOf(nodes),
    dhcpStart: address("dhcpStart", 100),
    dhcpEnd: address("dhcpEnd", 254),
    domain: values.string("nodeDomain"),
    workerAddressing: values.string("workerAddressing") as Addressing,
  };
  const cluster = { podCidr: pods.cidr, serviceCidr: services.cidr, domain: values.string("clusterDomain") };

  checkLibvirtName(problems, existing ? "network" : "networkName", network.name);
  checkDomain(problems, "nodeDomain", network.domain);
  checkDomain(problems, "clusterDomain", cluster.domain);
  checkFullNames(problems, network.domain, pools, values.string("masterName"));
  if (!["dhcp", "static"].includes(network.workerAddressing)) {
    problems.add("workerAddressing", "dhcp or static", network.workerAddressing);
  }
  if (network.workerAddressing === "static" && pools.length > 1) {
    // Static addresses number the workers of all pools, so one more worker would move the addresses of every later pool.
    problems.add("workerAddressing", "dhcp with more than one worker pool", network.workerAddressing);
  }
  if (!problems.has("networkCidr", "podCidr", "serviceCidr")) {
    checkOverlap(problems, { networkCidr: nodes, podCidr: pods, serviceCidr: services });
    if (isCounted) checkPodRange(problems, pods, 1 + workers, simulated);
  }
  checkAddresses(problems, network, workers);
  return { network, cluster };
}

function subnetOf(values: Values, problems: Problems, key: string, [widest, narrowest]: Range): Subnet {
  const text = values.string(key);
  const subnet = parseSubnet(text);
  if (!subnet || subnet.prefix < widest || subnet.prefix > narrowest) {
    problems.add(
      key,
      `an IPv4 network address with a prefix of ${widest} to ${narrowest}, such as ${example[key]}`,
      text,
    );
    return { cidr: text, first: 0, last: 255, prefix: 24 };
  }
  if (special.some((range) => overlap(range, subnet))) {
    problems.add(key, `a range of unicast addresses for machines, such as ${example[key]}`, text);
  }
  return subnet;
}

const example: Readonly<Record<string, string>> = {
  networkCidr: "192.168.222.0/24",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
};

/** The host name of a node and its domain form one DNS name. */
function checkFullNames(problems: Problems, domain: string, pools: readonly Names[], master: string): void {
  const longestWorker = pools.reduce(
    (longest, { namePrefix, count }) => Math.max(longest, namePrefix.length + 1 + String(count).length),
    0,
  );
  // A host name that is no DNS label has a problem of its own.
  const longest = Math.min(63, Math.max(master.length, longestWorker));
  const room = 253 - longest - 1;
  if (domain.length > room && !problems.has("nodeDomain")) {
    problems.add("nodeDomain", `at most ${room} characters, so that the full name of every node fits into DNS`, domain);
  }
}

function checkOverlap(problems: Problems, subnets: Record<string, Subnet>): void {
  const entries = Object.entries(subnets);
  entries.forEach(([key, subnet], index) => {
    for (const [other, earlier] of entries.slice(0, index)) {
      if (overlap(subnet, earlier)) problems.add(key, `a range apart from ${other} (${earlier.cidr})`, subnet.cidr);
    }
  });
}

/**
 * Whether a pod network has a range for each node with a machine.
 * @param simulated Whether there are simulated nodes. All of them share one range (see addons/simulated-nodes.ts).
 */
export function hasRoomForNodes(pods: Subnet, nodes: number, simulated: boolean): boolean {
  return 2 ** (podPrefixOfNode - pods.prefix) - (simulated ? 1 : 0) >= nodes;
}

function checkPodRange(problems: Problems, pods: Subnet, nodes: number, simulated: boolean): void {
  const others = simulated ? ", and one for all simulated nodes" : "";
  if (!hasRoomForNodes(pods, nodes, simulated)) {
    problems.add("podCidr", `room for a /${podPrefixOfNode} for each of ${nodes} nodes${others}`, pods.cidr);
  }
}

function checkAddresses(problems: Problems, network: NetworkConfig, workers: number): void {
  const { subnet } = network;
  const isKnown = !problems.has("networkCidr");
  const fits = (text: string) => isAddress(text) && holds(subnet, text) && text !== network.gateway;
  for (const key of ["masterAddress", "dhcpStart", "dhcpEnd"] as const) {
    if (!isKnown && !isAddress(network[key])) problems.add(key, "an address of networkCidr", network[key]);
    if (isKnown && !fits(network[key])) {
      problems.add(key, `an address of ${subnet.cidr} other than the hypervisor's ${network.gateway}`, network[key]);
    }
  }
  if (problems.has("networkCidr", "masterAddress", "dhcpStart", "dhcpEnd")) return;

  const [start, end] = [offset(subnet, network.dhcpStart), offset(subnet, network.dhcpEnd)];
  const master = offset(subnet, network.masterAddress);
  if (master >= start && master <= end) {
    problems.add(
      "masterAddress",
      `an address outside the DHCP range, so that no lease can take it`,
      network.masterAddress,
    );
  }
  if (end < start) {
    problems.add("dhcpEnd", `an address not below dhcpStart (${network.dhcpStart})`, network.dhcpEnd);
  } else if (network.workerAddressing === "dhcp" && end - start + 1 < workers) {
    problems.add("dhcpEnd", `a DHCP range with room for ${workers} workers`, `${network.dhcpStart}-${network.dhcpEnd}`);
  }
  const isStatic = network.workerAddressing === "static" && !problems.has("workerAddressing");
  if (isStatic && start - master - 1 < workers) {
    problems.add("dhcpStart", `${workers} addresses between masterAddress and the DHCP range`, network.dhcpStart);
  }
}
