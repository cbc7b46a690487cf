import { isIPv4 } from "node:net";
import { compareNames } from "../../lib/name-order.ts";
import { readJson, text as anyText } from "../../lib/outside.ts";
import { isRecord } from "../../lib/record.ts";
import { nameOfUrn, resourceType, suffix } from "../../names.ts";
import type { Identity, Role } from "../../topology.ts";
import { parseState, type StackState, type StateResource } from "../stack/state.ts";

/** A step of a node in a bring-up, and whether the state has it. */
export interface NodeStep {
  readonly name: StepName;
  readonly done: boolean;
}

/** Steps of nodes, in the order of a bring-up. */
export const stepOrder = [
  "disk",
  "machine",
  "host key",
  "control plane",
  "drain policy",
  "kubeconfig",
  "token",
  "join",
  "ready",
] as const;

/** Name of a step of a node. */
export type StepName = (typeof stepOrder)[number];

/** A node of the state, complete or not. */
export interface ClusterNode {
  readonly name: string;
  readonly role: Role;
  /** Name of its resources, and of its domain. */
  readonly resource: string;
  /** URI of its hypervisor. */
  readonly uri: string | undefined;
  readonly mac: string | undefined;
  /** Address of the machine, once the state has it. */
  readonly address: string | undefined;
  /** Whether it gets its address from DHCP. */
  readonly leased: boolean;
  /** ssh host key, read through the guest agent. */
  readonly hostKey: string | undefined;
  readonly steps: readonly NodeStep[];
}

/** A cluster, as far as the state has it. */
export interface ClusterState {
  /** The control plane first, then workers in the order of their names. */
  readonly nodes: readonly ClusterNode[];
  /** URIs of the hypervisors. */
  readonly uris: readonly string[];
  readonly networks: readonly string[];
  readonly pools: readonly string[];
  /** Name of the resource whose stdout is the administrator's kubeconfig; undefined before that step. */
  readonly kubeconfig: string | undefined;
  /** Whether the state has the step that waits until all nodes are Ready. */
  readonly ready: boolean;
}

interface Interface {
  readonly mac?: string;
  readonly addresses?: readonly string[];
  readonly networkName?: string;
}

/**
 * Finds a cluster in a state. A failed first `up` has no outputs, but its components name the nodes, and its resources show
 * the progress of each node.
 */
export function clusterStateOf({ resources, pending }: StackState): ClusterState {
  const done = resources.filter((resource) => !resource.delete);
  const begun = pending.map(({ resource }) => resource);
  const all = [...done, ...begun];
  const owners = unique(done.filter(({ type }) => type === resourceType.master || type === resourceType.worker));
  const nodes = owners
    .map((owner) => readNode(owner, done, all))
    .sort((a, b) => Number(a.role === "worker") - Number(b.role === "worker") || compareNames(a.name, b.name));
  const texts = (type: string, key: string) =>
    distinct(all.filter((resource) => resource.type === type).map(({ inputs }) => textOf(inputs?.[key])));
  const kubeconfig = done.find(
    ({ type, urn }) => type === resourceType.remoteCommand && nameOfUrn(urn).endsWith(suffix.kubeconfig),
  );
  return {
    nodes,
    uris: texts(resourceType.libvirtProvider, "uri"),
    networks: distinct([
      ...texts(resourceType.network, "name"),
      ...all.flatMap((resource) => interfaceOf(resource)?.networkName),
    ]),
    pools: distinct([...texts(resourceType.pool, "name"), ...texts(resourceType.volume, "pool")]),
    kubeconfig: kubeconfig && nameOfUrn(kubeconfig.urn),
    ready: done.some(
      ({ type, parent }) => type === resourceType.remoteCommand && parent?.includes(`${resourceType.nodeReadiness}::`),
    ),
  };
}

const secretSource = { name: "the kubeconfig in the state", fix: "npm run up, which reads it again" };

/**
 * Returns the kubeconfig of a state that was exported with its secrets.
 * @param name Name of the resource whose stdout it is.
 * @throws when the state has no kubeconfig, or has it encrypted.
 */
export function kubeconfigOf(text: string, name: string): string {
  const resource = parseState(text).resources.find(
    ({ type, urn }) => type === resourceType.remoteCommand && nameOfUrn(urn) === name,
  );
  const stdout = resource?.outputs?.stdout;
  // A secret is an object that holds its value as JSON.
  const secret = isRecord(stdout) ? stdout.plaintext : undefined;
  const value = typeof secret === "string" ? readJson<string>(secret, secretSource, anyText) : stdout;
  if (typeof value !== "string" || value === "") throw new Error("the state has no kubeconfig");
  return value;
}

function readNode(owner: StateResource, done: readonly StateResource[], all: readonly StateResource[]): ClusterNode {
  const resource = nameOfUrn(owner.urn);
  const role = owner.type === resourceType.worker ? "worker" : "control-plane";
  // In states of earlier releases a component between the two has the machine's resources and its kind of address.
  const machine = done.find(({ parent, type }) => parent === owner.urn && type === resourceType.virtualMachine);
  const isOwn = ({ parent }: StateResource) => parent !== undefined && [owner.urn, machine?.urn].includes(parent);
  const finished = (type: string, suffix: string) =>
    done.find(({ urn, type: other, initErrors = [] }) => {
      return other === type && nameOfUrn(urn) === `${resource}${suffix}` && initErrors.length === 0;
    });
  const domain = all.find((each) => each.type === resourceType.domain && isOwn(each));
  const link = domain && interfaceOf(domain);
  const identity = identityOf(textOf(finished(resourceType.localCommand, suffix.hostKey)?.outputs?.stdout));
  const provider = all.find((each) => each.provider?.includes(":libvirt::") && isOwn(each));
  const steps: readonly (readonly [StepName, StateResource | undefined])[] = [
    ["disk", finished(resourceType.volume, suffix.root)],
    ["machine", finished(resourceType.domain, "")],
    ["host key", finished(resourceType.localCommand, suffix.hostKey)],
    ...(role === "worker"
      ? ([
          ["token", finished(resourceType.remoteCommand, suffix.token)],
          ["join", finished(resourceType.remoteCommand, suffix.join)],
          ["ready", finished(resourceType.remoteCommand, suffix.ready)],
        ] as const)
      : ([
          ["control plane", finished(resourceType.remoteCommand, suffix.init)],
          ["drain policy", finished(resourceType.remoteCommand, suffix.drainPolicy)],
          ["kubeconfig", finished(resourceType.remoteCommand, suffix.kubeconfig)],
        ] as const)),
  ];
  return {
    name: textOf(owner.inputs?.node) ?? resource,
    role,
    resource,
    uri: textOf(all.find(({ urn }) => provider?.provider?.startsWith(`${urn}::`))?.inputs?.uri),
    mac: link?.mac,
    address: identity.address ?? link?.addresses?.[0],
    leased: (machine ?? owner).inputs?.addressing !== "static",
    hostKey: identity.hostKey,
    steps: steps.map(([name, found]) => ({ name, done: found !== undefined })),
  };
}

/** Returns the machine's network interface. Values that libvirt reported precede those of the configuration. */
function interfaceOf({ type, inputs, outputs }: StateResource): Interface | undefined {
  if (type !== resourceType.domain) return undefined;
  const [desired, found] = [inputs, outputs].map((properties) => firstInterface(properties?.networkInterfaces));
  return desired || found ? { ...desired, ...found } : undefined;
}

function firstInterface(value: unknown): Interface | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  if (!isRecord(first)) return undefined;
  const [mac, networkName] = [first.mac, first.networkName].map(textOf);
  const addresses = Array.isArray(first.addresses) ? first.addresses.filter((each) => typeof each === "string") : [];
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(networkName === undefined ? {} : { networkName }),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.trim() : undefined;
}

function distinct(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}

function unique(resources: readonly StateResource[]): readonly StateResource[] {
  return [...new Map(resources.map((resource) => [resource.urn, resource])).values()];
}

/**
 * Parses the output of operator/read-identity.ts. It comes from the node's guest agent, so anything but one IPv4 address and one
 * ed25519 key is dropped.
 */
export function identityOf(printed: string | undefined): Partial<Identity> {
  try {
    const identity = (JSON.parse(printed || "{}") ?? {}) as Readonly<Record<string, unknown>>;
    const address = typeof identity.address === "string" && isIPv4(identity.address) ? identity.address : undefined;
    const isKey = typeof identity.hostKey === "string" && /^ssh-ed25519 \S{1,1000}$/.test(identity.hostKey);
    return {
      ...(address === undefined ? {} : { address }),
      ...(isKey ? { hostKey: identity.hostKey as string } : {}),
    };
  } catch {
    return {};
  }
}
