import { isIPv4 } from "node:net";
import type { Identity } from "../../components/identity.ts";
import { nameOfUrn, resourceType, suffix } from "../../names.ts";
import type { Role } from "../../topology.ts";

/** What the state says of a resource; of more than is read here, nothing is assumed. */
interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly provider?: string;
  readonly delete?: boolean;
  /** Errors of a creation that left something behind. */
  readonly initErrors?: readonly string[];
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** An exported state, as far as it is read. */
interface Exported {
  readonly deployment?: {
    readonly resources?: readonly Resource[];
    readonly pending_operations?: readonly { readonly resource: Resource }[];
  } | null;
}

/** A step of a bring-up, and whether the state says that it was done. */
export interface Step {
  readonly name: StepName;
  readonly done: boolean;
}

/** The steps of nodes, in the order in which a bring-up takes them. */
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

/** A step of a node. */
export type StepName = (typeof stepOrder)[number];

/** What the state knows of a node, complete or not. */
export interface StackNode {
  readonly name: string;
  readonly role: Role;
  /** Name of its resources; also of its domain. */
  readonly resource: string;
  /** Hypervisor its domain is on. */
  readonly uri: string | undefined;
  readonly mac: string | undefined;
  /** The address, once the machine has one that the state knows. */
  readonly address: string | undefined;
  /** Whether it asks for a lease. */
  readonly leased: boolean;
  /** The ssh host key that was read through the guest agent. */
  readonly hostKey: string | undefined;
  readonly steps: readonly Step[];
}

/** What the state knows of a cluster. */
export interface StackState {
  /** The control plane first. */
  readonly nodes: readonly StackNode[];
  /** URIs of the hypervisors. */
  readonly uris: readonly string[];
  readonly networks: readonly string[];
  readonly pools: readonly string[];
  /** Name of the resource whose stdout is the administrator's kubeconfig, when that step was done. */
  readonly kubeconfig: string | undefined;
  /** Whether the step was done that waits until all nodes are Ready. */
  readonly ready: boolean;
}

interface Interface {
  readonly mac?: string;
  readonly addresses?: readonly string[];
  readonly networkName?: string;
}

/**
 * Reads a state as `pulumi stack export` prints it. A first `up` that failed has no outputs, but its components say
 * which nodes there should be, and its resources how far each came.
 */
export function readState(text: string): StackState {
  const { deployment } = JSON.parse(text) as Exported;
  const done = (deployment?.resources ?? []).filter((resource) => !resource.delete);
  const begun = (deployment?.pending_operations ?? []).map(({ resource }) => resource);
  const all = [...done, ...begun];
  const machines = unique(done.filter(({ type }) => type === resourceType.virtualMachine));
  const nodes = machines
    .map((machine) => readNode(machine, done, all))
    .sort((a, b) => Number(a.role === "worker") - Number(b.role === "worker"));
  const texts = (type: string, key: string) =>
    distinct(all.filter((resource) => resource.type === type).map(({ inputs }) => text_(inputs?.[key])));
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

/**
 * The kubeconfig out of a state that was exported with its secrets.
 * @throws when the state has none.
 */
export function kubeconfigOf(text: string, name: string): string {
  const { deployment } = JSON.parse(text) as Exported;
  const resource = deployment?.resources?.find(
    ({ type, urn }) => type === resourceType.remoteCommand && nameOfUrn(urn) === name,
  );
  const stdout = resource?.outputs?.stdout as string | { readonly plaintext?: string } | undefined;
  // A secret is an object that holds its value as JSON.
  const value = typeof stdout === "string" ? stdout : stdout?.plaintext && (JSON.parse(stdout.plaintext) as string);
  if (!value) throw new Error("the state has no kubeconfig");
  return value;
}

function readNode(machine: Resource, done: readonly Resource[], all: readonly Resource[]): StackNode {
  const resource = nameOfUrn(machine.urn);
  const role = machine.urn.includes(`${resourceType.worker}$`) ? "worker" : "control-plane";
  const made = (type: string, suffix: string) =>
    done.find(({ urn, type: other, initErrors = [] }) => {
      return other === type && nameOfUrn(urn) === `${resource}${suffix}` && initErrors.length === 0;
    });
  const domain = all.find(({ parent, type }) => parent === machine.urn && type === resourceType.domain);
  const link = domain && interfaceOf(domain);
  const identity = identityOf(text_(made(resourceType.localCommand, suffix.hostKey)?.outputs?.stdout));
  const provider = all.find(({ parent, provider }) => parent === machine.urn && provider?.includes(":libvirt::"));
  const steps: readonly (readonly [StepName, Resource | undefined])[] = [
    ["disk", made(resourceType.volume, suffix.root)],
    ["machine", made(resourceType.domain, "")],
    ["host key", made(resourceType.localCommand, suffix.hostKey)],
    ...(role === "worker"
      ? ([
          ["token", made(resourceType.remoteCommand, suffix.token)],
          ["join", made(resourceType.remoteCommand, suffix.join)],
          ["ready", made(resourceType.remoteCommand, suffix.ready)],
        ] as const)
      : ([
          ["control plane", made(resourceType.remoteCommand, suffix.init)],
          ["drain policy", made(resourceType.remoteCommand, suffix.drainPolicy)],
          ["kubeconfig", made(resourceType.remoteCommand, suffix.kubeconfig)],
        ] as const)),
  ];
  return {
    name: text_(machine.inputs?.node) ?? resource,
    role,
    resource,
    uri: text_(all.find(({ urn }) => provider?.provider?.startsWith(`${urn}::`))?.inputs?.uri),
    mac: link?.mac,
    address: identity.address ?? link?.addresses?.[0],
    leased: machine.inputs?.addressing !== "static",
    hostKey: identity.hostKey,
    steps: steps.map(([name, found]) => ({ name, done: found !== undefined })),
  };
}

/** The machine's network interface; what libvirt read back wins over what was asked for. */
function interfaceOf({ type, inputs, outputs }: Resource): Interface | undefined {
  if (type !== resourceType.domain) return undefined;
  const [wanted, found] = [inputs, outputs].map(
    (properties) => (properties?.networkInterfaces as readonly Interface[] | undefined)?.[0],
  );
  return wanted || found ? { ...wanted, ...found } : undefined;
}

function text_(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.trim() : undefined;
}

function distinct(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}

function unique(resources: readonly Resource[]): readonly Resource[] {
  return [...new Map(resources.map((resource) => [resource.urn, resource])).values()];
}

/**
 * What operator/read-identity.ts printed when the machine was made. A node's guest agent told it, so it is believed only
 * where it is one address and one key.
 */
export function identityOf(printed: string | undefined): Partial<Identity> {
  try {
    const told = (JSON.parse(printed || "{}") ?? {}) as Readonly<Record<string, unknown>>;
    const address = typeof told.address === "string" && isIPv4(told.address) ? told.address : undefined;
    const isKey = typeof told.hostKey === "string" && /^ssh-ed25519 \S{1,1000}$/.test(told.hostKey);
    return {
      ...(address === undefined ? {} : { address }),
      ...(isKey ? { hostKey: told.hostKey as string } : {}),
    };
  } catch {
    return {};
  }
}
