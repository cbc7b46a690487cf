import fc from "fast-check";
import { poolsKey, readPoolSchema, readSchema, readSimulatedSchema, simulatedKey } from "../../config/schema.ts";
import { stackSchema } from "../../docs/stack-schema.ts";
import { imagePath, imageSha256, sshKeyPath } from "../support/settings.ts";

/** A list's object before it becomes JSON. */
export type Item = Readonly<Record<string, unknown>>;

/** A configuration that the program accepts. */
export interface GoodConfig {
  /** Plain keys as Pulumi passes them. */
  readonly plain: Readonly<Record<string, string>>;
  /** Worker pools; empty for the short form. */
  readonly pools: readonly Item[];
  readonly simulated: readonly Item[];
}

/** The configuration as `parseConfig` gets it. */
export function rawOf({ plain, pools, simulated }: GoodConfig): Record<string, string> {
  return {
    ...plain,
    ...(pools.length > 0 ? { [poolsKey]: JSON.stringify(pools) } : {}),
    ...(simulated.length > 0 ? { [simulatedKey]: JSON.stringify(simulated) } : {}),
  };
}

/** Schema of a value, as far as it is read here. */
interface ValueSchema {
  readonly enum?: readonly (string | boolean)[];
  readonly anyOf?: readonly (ValueSchema & { readonly items?: { readonly properties?: Shapes } })[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}
type Shapes = Readonly<Record<string, ValueSchema>>;

const { config } = (stackSchema() as { properties: { config: { properties: Shapes } } }).properties;
const shapeOf = (key: string): ValueSchema => config.properties[`nodeforge:${key}`] ?? {};
const itemShapes = (list: string): Shapes => shapeOf(list).anyOf?.[0]?.items?.properties ?? {};

/** Smallest and largest number of a key, from the JSON schema of a stack's file. */
export function boundsOf(key: string, list?: string): { readonly least?: number; readonly most?: number } {
  const shape = list === undefined ? shapeOf(key) : (itemShapes(list)[key] ?? {});
  const { minimum: least, maximum: most } = shape.anyOf?.find(({ type }) => type === "integer") ?? {};
  return { ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) };
}

/** Words that a key takes; undefined for a key of any text. */
export function wordsOf(key: string): readonly string[] | undefined {
  const words = shapeOf(key).enum?.filter((word) => typeof word === "string" && word !== "");
  return words?.map(String);
}

const edge = fc.constantFrom(..."abcxyz0189");
/** A DNS label that begins with a letter. */
const label = (longest: number) =>
  fc
    .tuple(fc.constantFrom(..."abcxyz"), fc.string({ unit: fc.constantFrom(..."ab-9"), maxLength: longest - 2 }), edge)
    .map((parts) => parts.join(""));
const domain = fc.array(label(20), { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const libvirtName = label(30).map((name) => `${name}_A.b`);
const flag = fc.constantFrom("profiling", "v", "default-watch-cache-size", "quota-backend-bytes");

// Names of members of every object are valid keys of a label.
const labelKey = fc.oneof(
  label(20),
  fc.tuple(domain, label(20)).map((parts) => parts.join("/")),
  fc.constantFrom("constructor", "toString", "valueOf", "hasOwnProperty"),
);
const labels = fc
  .dictionary(labelKey, label(20), { maxKeys: 4 })
  .map((all) => Object.entries(all).map(([key, value]) => `${key}=${value}`));
const taints = fc
  .uniqueArray(fc.tuple(labelKey, fc.constantFrom("NoSchedule", "PreferNoSchedule", "NoExecute")), {
    maxLength: 3,
    selector: (taint) => taint.join(":"),
  })
  .map((all) => all.map(([key, effect]) => `${key}=x:${effect}`));
const kubelet = fc.record(
  { maxPods: fc.integer({ min: 1, max: 253 }), cpuManagerPolicy: fc.constant("static"), kubeReserved: fc.object() },
  { requiredKeys: [] },
);

/** Values of the keys of texts, lists and objects that depend on no other key. */
const texts: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  clusterName: label(32),
  libvirtUri: fc.constantFrom("qemu:///system", "qemu+ssh://root@host/system?keyfile=/k", "qemu+tls://host:1/system"),
  image: fc.constant(imagePath),
  imageSha256: fc.constantFrom(imageSha256, imageSha256.toUpperCase()),
  previousImage: fc.string(),
  previousImageSha256: fc.string(),
  storagePool: libvirtName,
  storagePoolPath: label(20).map((name) => `/srv/${name}`),
  network: libvirtName,
  networkName: libvirtName,
  nodeDomain: domain,
  masterName: label(40).map((name) => `m${name}-m`),
  controlPlaneArguments: fc.dictionary(
    fc.constantFrom("apiServer", "controllerManager", "scheduler", "etcd"),
    fc.dictionary(flag, fc.oneof(fc.integer(), fc.boolean(), label(9)), { noNullPrototype: true }),
    { noNullPrototype: true },
  ),
  featureGates: fc.dictionary(
    label(9).map((name) => `G${name.replaceAll("-", "")}`),
    fc.boolean(),
    {
      noNullPrototype: true,
    },
  ),
  auditPolicy: fc.constant("default"),
  workerNamePrefix: label(30).map((name) => `w${name}`),
  workerLabels: labels,
  workerTaints: taints,
  workerKubelet: kubelet,
  clusterDomain: domain,
  sshUser: label(20).map((name) => `u_${name}`),
  // The text of a key needs the path of its private key beside it.
  sshPublicKey: fc.constant(`${sshKeyPath}.pub`),
  sshPrivateKeyPath: fc.constant(sshKeyPath),
};

/** Keys that {@link network} decides, because each depends on others. */
const networkKeys = ["networkCidr", "dhcpStart", "dhcpEnd", "masterAddress", "podCidr", "serviceCidr", "workers"];
/** Keys that need something of this machine: an agent, and a file of stages. */
const machineKeys = ["sshAgent", "simulatedStages"];
/** Keys that {@link good} decides. */
const listKeys: readonly string[] = [poolsKey, simulatedKey, "workerAddressing"];

/** Declared keys that no generator gives a value; none, unless a new key needs one. */
export function keysWithoutValue(): readonly string[] {
  const known = [...Object.keys(texts), ...networkKeys, ...machineKeys, ...listKeys];
  return [...readSchema()].flatMap(([key, { type }]) => {
    const isKnown = known.includes(key) || type === "boolean" || type === "integer" || wordsOf(key) !== undefined;
    return isKnown || key === "componentMetrics" ? [] : [key];
  });
}

function integer(key: string, list?: string): fc.Arbitrary<number> {
  const { least, most } = boundsOf(key, list);
  return fc.integer({ min: least ?? 0, max: most ?? 1_000_000 });
}

const plainKeys: fc.Arbitrary<Record<string, string>> = fc
  .record(
    Object.fromEntries(
      [...readSchema()].flatMap(([key, { type }]): [string, fc.Arbitrary<unknown>][] => {
        if ([...networkKeys, ...machineKeys, ...listKeys].includes(key)) return [];
        const words = wordsOf(key);
        if (words !== undefined) return [[key, fc.constantFrom(...words)]];
        if (key === "componentMetrics") return [[key, fc.subarray(["etcd", "controllerManager", "scheduler"])]];
        if (type === "boolean") return [[key, fc.boolean()]];
        return [[key, type === "integer" ? integer(key) : (texts[key] ?? fc.constant(""))]];
      }),
    ),
    { requiredKeys: [] },
  )
  .map((values) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );

function address(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** Three ranges of different first octets, and the addresses in the first one. */
const network = fc
  .record({
    octets: fc.shuffledSubarray([10, 11, 100, 172, 192, 198, 223], { minLength: 3, maxLength: 3 }),
    nodePrefix: fc.integer({ min: 8, max: 29 }),
    podPrefix: fc.integer({ min: 8, max: 24 }),
    servicePrefix: fc.integer({ min: 12, max: 28 }),
    place: fc.nat(),
    isStatic: fc.boolean(),
  })
  .chain((chosen) => {
    const { nodePrefix, podPrefix, servicePrefix, place, isStatic } = chosen;
    const [first = 10, second = 11, third = 12] = chosen.octets;
    const range = (octet: number, prefix: number) => {
      const size = 2 ** (32 - prefix);
      return octet * 2 ** 24 + (place % 2 ** (prefix - 8)) * size;
    };
    const start = range(first, nodePrefix);
    // The network address, the hypervisor and the broadcast address are taken.
    const last = 2 ** (32 - nodePrefix) - 2;
    const podRoom = 2 ** (24 - podPrefix);
    return fc
      .tuple(fc.integer({ min: 2, max: last - 2 }), fc.integer({ min: 0, max: last - 3 }), fc.boolean())
      .map(([master, gap, wantsSimulated]) => {
        const dhcpStart = Math.min(last, master + 1 + (isStatic ? gap : 0));
        const room = isStatic ? dhcpStart - master - 1 : last - dhcpStart + 1;
        const isSimulated = wantsSimulated && podRoom > 1;
        return {
          keys: {
            networkCidr: `${address(start)}/${nodePrefix}`,
            masterAddress: address(start + master),
            dhcpStart: address(start + dhcpStart),
            dhcpEnd: address(start + last),
            podCidr: `${address(range(second, podPrefix))}/${podPrefix}`,
            serviceCidr: `${address(range(third, servicePrefix))}/${servicePrefix}`,
            workerAddressing: isStatic ? "static" : "dhcp",
          },
          isStatic,
          isSimulated,
          // Hundreds of nodes show nothing that forty do not.
          workers: Math.max(0, Math.min(40, room, podRoom - 1 - (isSimulated ? 1 : 0))),
        };
      });
  });

/** Keys of a pool that overwrite the plain ones. */
const poolValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  image: fc.constant(imagePath),
  imageSha256: fc.constant(imageSha256),
  vcpus: integer("vcpus", poolsKey),
  memoryMiB: integer("memoryMiB", poolsKey),
  diskGiB: integer("diskGiB", poolsKey),
  labels,
  taints,
  kubelet,
};

const simulatedValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  cpu: integer("cpu", simulatedKey),
  memoryMiB: integer("memoryMiB", simulatedKey),
  pods: integer("pods", simulatedKey),
  extendedResources: fc
    .uniqueArray(label(9), { maxLength: 2 })
    .map((names) => names.map((name) => `example.com/${name}=8`)),
  labels,
  taints,
  zones: fc.array(label(9), { minLength: 1, maxLength: 3 }),
};

/** Keys of the two lists that no generator gives a value; none, unless a new key needs one. */
export function itemKeysWithoutValue(): readonly string[] {
  const known = ["name", "count", "namePrefix"];
  const missing = (keys: Iterable<string>, values: object) =>
    [...keys].filter((key) => !known.includes(key) && !(key in values));
  return [...missing(readPoolSchema().keys(), poolValues), ...missing(readSimulatedSchema().keys(), simulatedValues)];
}

/** Shares a number of nodes among pools, whose names differ. */
function items(
  values: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  nodes: number,
  start: string,
  most: number,
): fc.Arbitrary<readonly Item[]> {
  const item = fc.tuple(fc.record(values, { requiredKeys: [] }), fc.nat(nodes));
  return fc.array(item, { minLength: 1, maxLength: most }).map((all) => {
    let left = nodes;
    return all.map(([fields, wanted], index) => {
      const count = Math.min(left, wanted);
      left -= count;
      const { imageSha256: sha256, ...rest } = fields as Record<string, unknown>;
      const image = rest.image === undefined || sha256 === undefined ? {} : { imageSha256: sha256 };
      return { name: `${start}${index}`, count, ...rest, ...image };
    });
  });
}

/** Configurations that the program accepts, with any of the declared keys. */
export const good: fc.Arbitrary<GoodConfig> = fc
  .tuple(plainKeys, network, fc.boolean())
  .chain(([plain, { keys, isStatic, isSimulated, workers }, hasPools]) =>
    fc.record({
      plain: fc.nat(workers).map((count) => {
        const { workerNamePrefix, ...rest } = plain;
        const short = { workers: String(count), ...(workerNamePrefix === undefined ? {} : { workerNamePrefix }) };
        // An agent is none of this machine's, and a stack without one has a key file.
        return { ...rest, ...keys, ...(hasPools ? {} : short) };
      }),
      pools: hasPools ? items(poolValues, workers, "p", isStatic ? 1 : 4) : fc.constant([]),
      simulated: isSimulated ? items(simulatedValues, 200, "s", 3) : fc.constant([]),
    }),
  );
