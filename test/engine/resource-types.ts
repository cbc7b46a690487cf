import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { at, type Properties } from "./properties.ts";
import { runForReal } from "./shell.ts";
import type { Guests } from "./guests.ts";
import type { Call, World } from "./world.ts";

/** Surroundings of an operation. */
export interface Place {
  readonly world: World;
  readonly guests: Guests;
  readonly call: Call;
  /** kubeconfig of the provider's configuration. */
  readonly kubeconfig: string;
}

/** Result of the creation of a resource, besides its inputs. */
export interface Made {
  readonly id: string;
  /** Name that only one thing of the type can have; undefined for a resource that exists only in the state. */
  readonly taken?: string;
  readonly outputs: Properties;
}

/** Behaviour of a type of resource. Inputs have their secrets in clear. */
export interface ResourceType {
  /** Paths whose change replaces the resource. Every other change updates it in place. */
  readonly replaces: readonly string[] | "all";
  /** Whether it is a thing of the world, and not a step that was done. */
  readonly exists: boolean;
  /** Outputs that are known only after the operation. */
  readonly computed: readonly string[];
  /** Whether it gets a name with a random suffix when the program gives it none. */
  readonly autonamed?: boolean;
  /** Whether a creation adopts an existing thing, as the real plugin does, instead of failing. */
  readonly adopts?: boolean;
  readonly create: (inputs: Properties, place: Place) => Made;
  readonly update?: (inputs: Properties, place: Place, id: string) => Properties;
  readonly remove?: (state: Properties, place: Place, id: string) => void;
}

const volume: ResourceType = {
  exists: true,
  replaces: "all",
  computed: [],
  autonamed: true,
  adopts: true,
  create: ({ pool, name, baseVolumeId }, { world }) => {
    if (world.named("Pool", String(pool)) === undefined) throw new Error(`can't find storage pool ${String(pool)}`);
    if (baseVolumeId !== undefined) need(world, "Volume", baseVolumeId);
    const path = `/pools/${String(pool)}/${String(name)}`;
    return { id: path, taken: path, outputs: {} };
  },
  remove: (_, { world, guests }, id) => {
    const cluster = guests.wipe(id);
    // The objects of a cluster are on its control plane's disk.
    if (cluster === undefined) return;
    for (const thing of [...world.things]) if (thing.taken.startsWith(`${cluster}/`)) world.drop(thing);
  },
};

const pool: ResourceType = {
  exists: true,
  replaces: "all",
  computed: [],
  create: ({ name }) => ({ id: randomUUID(), taken: String(name), outputs: {} }),
  remove: ({ name }, { world }) => {
    const left = world.ofKind("Volume").filter(({ id }) => id.startsWith(`/pools/${String(name)}/`));
    if (left.length > 0) throw new Error(`the directory of pool ${String(name)} is not empty`);
  },
};

const network: ResourceType = {
  exists: true,
  replaces: ["name", "domain", "mode", "addresses", "dns", "dhcp", "xml"],
  computed: [],
  create: ({ name }) => ({ id: randomUUID(), taken: String(name), outputs: {} }),
  update: () => ({}),
};

interface Interface {
  networkName: string;
  mac: string;
  addresses?: string[];
  hostname?: string;
  waitForLease: boolean;
}

const domain: ResourceType = {
  exists: true,
  replaces: ["name", "description", "type", "vcpu", "memory", "cpu", "disks", "consoles", "graphics", "xml"],
  computed: ["networkInterfaces"],
  create: (inputs, { world, guests }) => {
    const [lan] = inputs.networkInterfaces as [Interface];
    if (world.named("Network", lan.networkName) === undefined) {
      throw new Error(`can't find network ${lan.networkName}`);
    }
    for (const { volumeId } of inputs.disks as { volumeId: string }[]) need(world, "Volume", volumeId);
    const id = randomUUID();
    const addresses = lan.addresses ?? [world.lease(lan.mac)];
    // With waitForLease, the real provider also reserves the address in the network.
    if (lan.waitForLease) reserve(world, lan.networkName, lan.mac, lan.hostname);
    const [root, , data] = inputs.disks as { volumeId: string }[];
    guests.boot({
      domainId: id,
      domainName: String(inputs.name),
      lease: addresses[0]!,
      rootVolumeId: root!.volumeId,
      dataVolumeId: data?.volumeId,
    });
    return {
      id,
      taken: String(inputs.name),
      outputs: { id, networkInterfaces: [{ ...lan, addresses }], running: true },
    };
  },
  // Like the provider, every update starts a domain that is off.
  update: (_, { guests }, id) => {
    guests.turnOn(id);
    return { id, running: true };
  },
  remove: (_, { guests }, id) => guests.remove(id),
};

const localCommand: ResourceType = {
  exists: false,
  replaces: ["triggers"],
  computed: ["stdout", "stderr"],
  create: (inputs, place) => ({ id: randomUUID(), outputs: runOperator(inputs, place) }),
  update: runOperator,
  // The effect of operator/shut-down.ts.
  remove: ({ environment, delete: command }, { world, guests }) => {
    if (command === undefined) return;
    const [name, id] = [at(environment, "DOMAIN"), at(environment, "DOMAIN_ID")];
    const found = world.named("Domain", String(name));
    if (found && found.id !== id) return;
    if (found) {
      guests.stop(found.id);
      // A refresh reads this.
      found.properties = { ...found.properties, running: false };
    }
    world.reservations.delete(`${String(at(environment, "NETWORK"))} ${String(at(environment, "MAC"))}`);
  },
};

function runOperator(inputs: Properties, place: Place): Properties {
  return inputs.create === "node operator/grow-data-disk.ts"
    ? growDataDisk(inputs, place)
    : readIdentity(inputs, place);
}

function growDataDisk({ environment }: Properties, { world, guests }: Place): Properties {
  const [name, path] = [at(environment, "DOMAIN"), at(environment, "DISK")].map(String);
  const [domain, disk] = [world.named("Domain", name!), world.withId("Volume", path!)];
  if (!domain || !guests.isRunning(domain.id)) throw new Error(`no domain ${name} runs`);
  if (!disk) throw new Error(`there is no Volume ${path}`);
  const size = Number(at(environment, "SIZE_GIB")) * 2 ** 30;
  disk.properties = { ...disk.properties, size: Math.max(size, Number(disk.properties.size)) };
  return { stdout: "", stderr: "" };
}

function readIdentity({ environment }: Properties, { world, guests }: Place): Properties {
  const name = at(environment, "DOMAIN");
  const found = world.named("Domain", String(name));
  if (!found) throw new Error(`no domain ${String(name)}`);
  guests.install(found.id, scriptsIn(environment));
  const network = at(environment, "NETWORK");
  if (network !== undefined) reserve(world, network, at(environment, "MAC"), at(environment, "NODE"));
  return { stdout: JSON.stringify(guests.identity(found.id)), stderr: "" };
}

/** Ids of the scripts that a step installs; none for a step of an earlier release. */
function scriptsIn(environment: unknown): readonly string[] {
  const ids = at(environment, "SCRIPTS");
  return typeof ids === "string" ? ids.split(" ").filter(Boolean) : [];
}

const remoteCommand: ResourceType = {
  exists: false,
  replaces: ["triggers"],
  computed: ["stdout", "stderr"],
  create: (inputs, place) => ({ id: randomUUID(), outputs: runScript(inputs.create, inputs, place) }),
  update: (inputs, place) => runScript(inputs.update ?? inputs.create, inputs, place),
  remove: (state, place) => void (state.delete === undefined || runScript(state.delete, state, place)),
};

function runScript(command: unknown, { connection, stdin = "" }: Properties, { guests, call }: Place): Properties {
  const { host, hostKey } = connection as { host: string; hostKey: string };
  call.script = guests.script(String(command));
  return { stdout: guests.run({ command: String(command), host, hostKey, stdin: stdin as string }), stderr: "" };
}

const randomUuid: ResourceType = {
  exists: false,
  replaces: "all",
  computed: ["result"],
  create: () => {
    const id = randomUUID();
    return { id, outputs: { result: id } };
  },
};

const kubernetesObject: ResourceType = {
  exists: true,
  replaces: ["metadata.name", "metadata.namespace", "spec.selector", "spec.clusterIP", "roleRef"],
  computed: [],
  adopts: true,
  create: (inputs, place) => {
    place.guests.reach(clusterOf(place));
    rollOut(inputs, place);
    const { name, namespace } = inputs.metadata as { name: string; namespace?: string };
    const id = namespace ? `${namespace}/${name}` : name;
    return { id, taken: `${clusterOf(place)}/${String(inputs.kind)}/${id}`, outputs: {} };
  },
  update: (inputs, place) => {
    place.guests.reach(clusterOf(place));
    rollOut(inputs, place);
    return {};
  },
  remove: (_, place) => place.guests.reach(clusterOf(place)),
};

function clusterOf({ kubeconfig }: Place): string {
  return kubeconfig.split(" ").at(-1)!;
}

const smokeCheck = readFileSync(new URL("../../addons/smoke-check.sh", import.meta.url), "utf8");

/** Runs the smoke check of the pods. @throws when it fails. */
function rollOut({ kind }: Properties, place: Place): void {
  if (kind !== "DaemonSet") return;
  const { world, guests, kubeconfig } = place;
  const mounted = `${clusterOf(place)}/ConfigMap/nodeforge-smoke/smoke`;
  const data = world.named("ConfigMap", mounted)?.properties.data;
  const check = smokeCheck.replace("$(cat /check/expected)", String(at(data, "expected")));
  runForReal(check, { SERVICE: "smoke", PODS: String(guests.workersOf(kubeconfig).length) });
}

function reserve(world: World, network: unknown, mac: unknown, name: unknown): void {
  world.reservations.set(`${String(network)} ${String(mac)}`, String(name));
}

function need(world: World, kind: string, id: unknown): void {
  if (world.withId(kind, String(id)) === undefined) throw new Error(`there is no ${kind} ${String(id)}`);
}

const types: Record<string, ResourceType> = {
  "libvirt:index/volume:Volume": volume,
  "libvirt:index/pool:Pool": pool,
  "libvirt:index/network:Network": network,
  "libvirt:index/domain:Domain": domain,
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "random:index/randomUuid:RandomUuid": randomUuid,
};

/** Behaviour of a type. @throws when the instant plugins do not know it. */
export function resourceType(token: string): ResourceType {
  const found = types[token] ?? (token.startsWith("kubernetes:") ? kubernetesObject : undefined);
  if (!found) throw new Error(`the instant plugins have no ${token}`);
  return found;
}

/** Whether resources of a type are things of the world. Components and providers are not. */
export function resourceExists(token: string): boolean {
  return /^(libvirt|kubernetes):/.test(token);
}

/** Changed paths that replace a resource. */
export function replacing({ replaces }: ResourceType, paths: readonly string[]): string[] {
  return paths.filter((path) => replaces === "all" || replaces.includes(path));
}
