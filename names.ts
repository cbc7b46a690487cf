/**
 * Names that more than one file uses: names in the state, in libvirt and in Kubernetes. Each has one constant or function.
 *
 * The stacks, hypervisors and clusters of earlier releases have these names, so none of them may change. Tests contain the
 * expected names as literals.
 */

import { shortDigest, shortDigits } from "./lib/digest.ts";

/** Type tokens of the resources that the program or a command looks for in a state. Each other token is in its component. */
export const resourceType = {
  cluster: "nodeforge:index:Cluster",
  master: "nodeforge:index:Master",
  worker: "nodeforge:index:Worker",
  baseImage: "nodeforge:index:BaseImage",
  nodeReadiness: "nodeforge:index:NodeReadiness",
  simulatedNodes: "nodeforge:index:SimulatedNodes",
  domain: "libvirt:index/domain:Domain",
  network: "libvirt:index/network:Network",
  pool: "libvirt:index/pool:Pool",
  volume: "libvirt:index/volume:Volume",
  localCommand: "command:local:Command",
  remoteCommand: "command:remote:Command",
  randomUuid: "random:index/randomUuid:RandomUuid",
  libvirtProvider: "pulumi:providers:libvirt",
  stack: "pulumi:pulumi:Stack",
  // Components of earlier releases, which their states still have.
  virtualMachine: "nodeforge:index:VirtualMachine",
  cloudInitDisk: "nodeforge:index:CloudInitDisk",
  bootstrapToken: "nodeforge:index:BootstrapToken",
} as const;

/** Key of {@link resourceType}. */
export type ResourceType = keyof typeof resourceType;

/** Suffixes of resource names. A suffix follows the cluster's name or the resource name of a node. */
export const suffix = {
  /** Random id of a cluster. */
  id: "-id",
  /** Network of a cluster. */
  network: "-network",
  /** Storage pool of a cluster. */
  pool: "-pool",
  /** Base images of a cluster; the digest of the image follows. */
  base: "-base",
  /** Add-ons of a cluster. */
  addons: "-addons",
  /** Step that creates the simulated nodes of a cluster; its deletion removes them. */
  simulated: "-simulated",
  /** Root disk of a node. */
  root: "-root",
  /** Seed disk of a node; the digest of its content follows. */
  seed: "-seed",
  /** Data disk of a control plane. */
  data: "-data",
  /** Command that grows a control plane's data disk; a cluster whose disk never grew has none. */
  growth: "-data-growth",
  /** Command that reads the address and the ssh host key of a node; its deletion shuts the machine down. */
  hostKey: "-host-key",
  /** Step that initializes a control plane. */
  init: "-init",
  /** Step that writes the drain policy to a control plane. */
  drainPolicy: "-drain-policy",
  /** Step that reads the administrator's kubeconfig. */
  kubeconfig: "-kubeconfig",
  /** Step that mints a worker's bootstrap token; its deletion removes the worker from Kubernetes. */
  token: "-token",
  /** Step that joins a worker. */
  join: "-join",
  /** Step that waits until a worker is Ready; after a cluster's name, until all nodes are Ready. */
  ready: "-ready",
} as const;

/** One of {@link suffix}. */
export type Suffix = (typeof suffix)[keyof typeof suffix];

/** Name of a resource: the last part of its URN. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** Resource name of a cluster's node or worker pool. The libvirt domain of a node has the same name. */
export function resourceName(clusterName: string, part: string): string {
  return `${clusterName}-${part}`;
}

/** Name of the node that a resource of this suffix belongs to; undefined for a resource of another cluster or suffix. */
export function nodeOfResource(clusterName: string, resource: string, end: Suffix): string | undefined {
  const start = resourceName(clusterName, "");
  if (!resource.startsWith(start) || !resource.endsWith(end)) return undefined;
  return resource.slice(start.length, -end.length);
}

/** Whether a URN is the one of a control plane's data disk. */
export function isDataDisk(urn: string): boolean {
  const [, , types = "", name = ""] = urn.split("::");
  return types.endsWith(`$${resourceType.master}$${resourceType.volume}`) && name.endsWith(suffix.data);
}

/** Whether a URN is the one of a control plane's domain, also in states of earlier releases. */
export function isControlPlaneMachine(urn: string): boolean {
  const types = urn.split("::")[2]?.split("$") ?? [];
  return types.at(-1) === resourceType.domain && types.includes(resourceType.master);
}

/** Name of a resource that has its content in its name: the name of its component and the short digest. */
export function contentName(component: string, digest: string): string {
  return `${component}-${shortDigest(digest)}`;
}

/** File extension of a volume that has its content in its name: of an image, or of a seed disk. */
export type ContentExtension = "qcow2" | "iso";

/**
 * Name of a volume that has its content in its name.
 * @param resource See {@link contentName}.
 * @param clusterId Random id of the cluster. It keeps the volumes of two clusters of one name apart. Undefined for the name
 * that earlier releases gave.
 */
export function contentVolumeName(
  resource: string,
  extension: ContentExtension,
  clusterId: string | undefined,
): string {
  return clusterId === undefined ? `${resource}.${extension}` : `${resource}-${shortClusterId(clusterId)}.${extension}`;
}

/**
 * Name of the volume with a control plane's data.
 * @param machine Resource name of the control plane.
 * @param clusterId Random id of the cluster. Another cluster of the same name must not start with this one's data.
 */
export function dataVolumeName(machine: string, clusterId: string): string {
  return `${machine}${suffix.data}-${shortClusterId(clusterId)}.qcow2`;
}

/** Whether the name of a volume ends with a cluster's random id. */
export function hasClusterIdInName(volume: string, clusterId: string): boolean {
  return volume.replace(/\.(qcow2|iso)$/, "").endsWith(`-${shortClusterId(clusterId)}`);
}

const baseVolume = new RegExp(`${suffix.base}-([0-9a-f]{${shortDigits}})(?:-[0-9a-f]{8})?\\.qcow2$`);

/** Short digest of the image in a base volume's name, with or without a cluster id; undefined for another volume. */
export function imageOfBaseVolume(volume: string): string | undefined {
  return baseVolume.exec(volume)?.[1];
}

/** First 8 digits (32 bits) of a cluster's random id, as in names of volumes. */
function shortClusterId(clusterId: string): string {
  return clusterId.slice(0, 8);
}

/** Start of the descriptions of a cluster's domains. The random id tells the cluster from another one of the same name. */
export function domainMark(clusterName: string, clusterId: string): string {
  return `nodeforge cluster ${clusterName}, ${clusterId}`;
}

/** Description of a domain. @param mark See {@link domainMark}. @param signature Digest of the machine's properties. */
export function domainDescription(mark: string, signature: string): string {
  return `${mark}, machine ${signature}`;
}

/** Whether a domain's description has a cluster's mark. */
export function hasMark(description: string, mark: string): boolean {
  return description.startsWith(domainDescription(mark, ""));
}

/** Whether a domain's description is the one of a machine of this signature. */
export function hasSignature(description: string, signature: string): boolean {
  return description.endsWith(` ${signature}`);
}

/**
 * Element of a network's metadata in libvirt that names the network's cluster. libvirt keeps one element for each namespace.
 * @param clusterId Random id of the cluster; undefined for the mark of earlier releases, which did not have it.
 */
export function networkMark(clusterName: string, clusterId: string | undefined): string {
  const owner = clusterId === undefined ? clusterName : `${clusterName}, ${clusterId}`;
  return `<nodeforge:cluster xmlns:nodeforge="urn:nodeforge:cluster">${owner}</nodeforge:cluster>`;
}

/** Serial number of the data disk, by which a node finds the disk (nix/files/machine.sh). */
export const dataDiskSerial = "nodeforge-data";

/** Folder of the hypervisor in which libvirt keeps the logs of QEMU and of serial consoles. */
export const domainLogFolder = "/var/log/libvirt/qemu";

/** Name of the file with a domain's serial console, in {@link domainLogFolder}. */
export function consoleLogName(domain: string): string {
  return `${domain}-console.log`;
}

/** Label of a Node: short digest of its image (also in guest/init-control-plane.sh). */
export const imageLabel = "nodeforge.local/image";

/** Label of a Node: worker pool it belongs to. */
export const poolLabel = "nodeforge.local/pool";

/** Label of a simulated Node: its pool (also in guest/lib/simulated-nodes.sh). */
export const simulatedLabel = "nodeforge.local/simulated";

/** Selector of the Nodes that have machines. Thousands of simulated Nodes would hide them, and are megabytes. */
export const realNodes = `!${simulatedLabel}`;

/** Namespace of the smoke check (also in guest/worker-ready.sh). */
export const smokeNamespace = "nodeforge-smoke";

/** Environment variable: path of the file in which the health checks of one run share their observations. */
export const sightingsVariable = "NODEFORGE_SIGHTINGS";

/** Environment variable: path of the socket on which the program of an update asks whether it may begin. */
export const gateVariable = "NODEFORGE_UPDATE_GATE";
