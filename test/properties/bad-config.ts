import fc from "fast-check";
import {
  poolsKey,
  readPoolSchema,
  readSchema,
  readSimulatedSchema,
  simulatedKey,
  type KeyType,
} from "../../config/schema.ts";
import { boundsOf, good, rawOf, wordsOf, type GoodConfig, type Item } from "./good-config.ts";

/** A wrong value of one key. */
interface Fault {
  /** List whose first, second, ... object has the key; undefined for a plain key. */
  readonly list?: typeof poolsKey | typeof simulatedKey;
  readonly key: string;
  /** Text of a plain key, or any value in an object. */
  readonly value: unknown;
  /** Text after the key in an error, such as `[0]` or `.maxPods`. */
  readonly inside?: string;
  /** Whether the program reads the key in this configuration. @default it does */
  readonly isRead?: (config: GoodConfig) => boolean;
}

/** A configuration with faults, and the keys that its error must name. */
export interface BadConfig {
  readonly raw: Readonly<Record<string, string>>;
  readonly named: readonly string[];
}

const wrongTypes: Readonly<Record<KeyType, readonly string[]>> = {
  string: [],
  integer: ["", "x", "1.5", "1e3", "0x10", " 1", "9999999999", "true", "[]", "null"],
  boolean: ["", "yes", "1", "TRUE", "null"],
  array: ["", "a=b", "[1]", "{}", "null", '["a"', "[[]]", "[null]"],
  "array of objects": ["", "x", "{}", "[1]", "[null]", "[[]]", '["a"]'],
  object: ["", "x", "[]", "null", "1", '{"a"', '"{}"'],
};

/** Wrong values in an object, where a text is no list, number or boolean unless it is one as JSON. */
const wrongItemTypes: Readonly<Record<KeyType, readonly unknown[]>> = {
  string: [1, null, true, [], {}],
  integer: [1.5, "x", null, true, [], {}, 1e9],
  boolean: [1, "yes", null, [], {}],
  array: [1, "x", null, {}, [1], [null]],
  "array of objects": [1],
  object: [1, "x", null, []],
};

const long = "a".repeat(300);
const notLabels = ["Upper", "-a", "a-", "a_b", "a b", "ä", "a.b", "a\nb", "\u001b[31m", long];
const notLabelLists = [["=x"], ["a"], ["a=b=c"], ["a b=c"], [`${long}=a`], ["kubernetes.io/role=x"], ["/a=b"]];
const notTaintLists = [
  ["a"],
  ["a=b"],
  ["a=b:Never"],
  [":NoSchedule"],
  ["a b:NoSchedule"],
  ["a:NoSchedule", "a=b:NoSchedule"],
];
const notKubelets: readonly (readonly [object, string])[] = [
  [{ maxPods: 0 }, ".maxPods"],
  [{ maxPods: "many" }, ".maxPods"],
  [{ staticPodPath: "/x" }, ".staticPodPath"],
  [{ constructor: 1 }, ".constructor"],
  [{ maxPod: 5 }, ".maxPod"],
];
const notCidrs = [
  "",
  "x",
  "10.0.0.0",
  "10.0.0.1/8",
  "10.0.0.0/33",
  "10.0.0.0/7",
  "10.0.0.0/31",
  "127.0.0.0/16",
  "::/64",
];
const notAddresses = ["x", "1.2.3", "300.1.1.1", "::1", "1.2.3.4/8", "01.2.3.4.5"];

/** Wrong texts of the keys of texts. */
const wrongTexts: Readonly<Record<string, readonly string[]>> = {
  clusterName: [...notLabels, "a".repeat(33), "../x"],
  libvirtUri: ["", "x", "qemu:///session", "qemu+ext:///system", "qemu:///system?command=x", "qemu+ssh://-o/system"],
  image: ["a?b", "a#b", "a:b", "//a", "%41"],
  imageSha256: ["x", "0".repeat(63), "g".repeat(64)],
  storagePool: ["../x", "a/b", "-a", ".", long],
  storagePoolPath: ["x", "/x", "/a/../b", "/a//b", "/a/./b", "/a/b\n"],
  network: ["../x", "a/b", "-a", long],
  networkName: ["", "../x", "a/b", "-a", long],
  networkCidr: notCidrs,
  podCidr: notCidrs,
  serviceCidr: notCidrs,
  dhcpStart: notAddresses,
  dhcpEnd: notAddresses,
  masterAddress: notAddresses,
  nodeDomain: ["", ".", "a..b", "A", "a b", long],
  clusterDomain: ["", ".", "a..b", "A", "a b", long],
  masterName: [...notLabels, "", "localhost"],
  workerNamePrefix: notLabels,
  auditPolicy: ["/nonexistent/policy.yaml", "none", "/"],
  simulatedStages: ["/nonexistent/stages.yaml", "/"],
  sshUser: ["", "Root", "a b", "daemon", long],
  sshPublicKey: ["/nonexistent/id.pub", "ssh-rsa"],
  sshPrivateKeyPath: ["/nonexistent/id", "/"],
};

/** The plain key of each worker key, which a pool may overwrite. */
const inheritance = new Map(
  [...readPoolSchema()].flatMap(([key, { plain }]) => (plain === undefined ? [] : [[plain, key]])),
);

const isInherited =
  (key: string) =>
  ({ pools }: GoodConfig): boolean => {
    const own = inheritance.get(key);
    return own === undefined || pools.length === 0 || pools.some((pool) => pool[own] === undefined);
  };

const unread: Readonly<Record<string, (config: GoodConfig) => boolean>> = {
  networkName: ({ plain }) => !plain.network,
  storagePoolPath: ({ plain }) => !plain.storagePool,
};

const plainFaults: readonly Fault[] = [...readSchema()].flatMap(([key, { type }]): Fault[] => {
  const { least, most } = boundsOf(key);
  const outside = [...(least === undefined ? [] : [least - 1]), ...(most === undefined ? [] : [most + 1])].map(String);
  const words = wordsOf(key) === undefined ? [] : ["?", "constructor", "Auto"];
  // A value of the right type is checked where it is used.
  const used = [...outside, ...words, ...(wrongTexts[key] ?? [])].map((value) => ({
    key,
    value,
    isRead: (config: GoodConfig) => isInherited(key)(config) && (unread[key]?.(config) ?? true),
  }));
  return [...wrongTypes[type].map((value) => ({ key, value })), ...used];
});

const json = (key: string, value: unknown, inside = ""): Fault => ({
  key,
  value: JSON.stringify(value),
  inside,
  isRead: isInherited(key),
});

const insideFaults: readonly Fault[] = [
  ...notLabelLists.map((list) => json("workerLabels", list)),
  ...notTaintLists.map((list) => json("workerTaints", list)),
  ...notKubelets.map(([value, inside]) => json("workerKubelet", value, inside)),
  json("componentMetrics", ["kubelet"], "[0]"),
  json("componentMetrics", ["etcd", "constructor"], "[1]"),
  json("controlPlaneArguments", { kubelet: {} }, ".kubelet"),
  json("controlPlaneArguments", { constructor: {} }, ".constructor"),
  json("controlPlaneArguments", { etcd: [] }, ".etcd"),
  json("controlPlaneArguments", { etcd: { "data-dir": "/x" } }, ".etcd.data-dir"),
  json("controlPlaneArguments", { scheduler: { v: null } }, ".scheduler.v"),
  json("controlPlaneArguments", { scheduler: { v: "a\nb" } }, ".scheduler.v"),
  json("featureGates", { lower: true }, ".lower"),
  json("featureGates", { Upper: "maybe" }, ".Upper"),
];

const unknownFaults: readonly Fault[] = ["wrokers", "constructor", "__proto__", "", "a\nb", "\u001b[2J", long].map(
  (key) => ({
    key,
    value: "x",
  }),
);

const itemSchemas = { [poolsKey]: readPoolSchema(), [simulatedKey]: readSimulatedSchema() };

/** Wrong values of the keys of objects, besides those of a wrong type. */
const wrongItems: Readonly<Record<string, readonly unknown[]>> = {
  [`${poolsKey}.name`]: [...notLabels, ""],
  [`${poolsKey}.namePrefix`]: notLabels,
  [`${poolsKey}.image`]: ["a?b", "a:b"],
  [`${poolsKey}.imageSha256`]: ["x"],
  [`${poolsKey}.labels`]: notLabelLists,
  [`${poolsKey}.taints`]: notTaintLists,
  [`${simulatedKey}.name`]: [...notLabels, "", "a".repeat(59)],
  [`${simulatedKey}.labels`]: [...notLabelLists, ["nodeforge.local/pool=x"]],
  [`${simulatedKey}.taints`]: [...notTaintLists, ["kwok.x-k8s.io/node:NoSchedule"]],
  [`${simulatedKey}.zones`]: [[], ["A"]],
  [`${simulatedKey}.extendedResources`]: [["a=1"], ["x/a=-1"], ["x/a=1", "x/a=2"], ["cpu.kubernetes.io/a=1"]],
};

const itemFaults: readonly Fault[] = ([poolsKey, simulatedKey] as const).flatMap((list) => [
  ...[...itemSchemas[list]].flatMap(([key, { type, required }]): Fault[] => {
    const { least, most } = boundsOf(key, list);
    const outside = [...(least === undefined ? [] : [least - 1]), ...(most === undefined ? [] : [most + 1])];
    const values = [...wrongItemTypes[type], ...outside, ...(wrongItems[`${list}.${key}`] ?? [])];
    return [...values, ...(required === true ? [undefined] : [])].map((value) => ({ list, key, value }));
  }),
  ...["cuont", "constructor", "__proto__", "a\nb"].map((key) => ({ list, key, value: 1 })),
  ...(list === poolsKey ? notKubelets.map(([value, inside]) => ({ list, key: "kubelet", value, inside })) : []),
]);

/** Wrong uses of one key beside others. */
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...plainFaults) },
  { weight: 2, arbitrary: fc.constantFrom(...insideFaults) },
  { weight: 1, arbitrary: fc.constantFrom(...unknownFaults) },
  { weight: 6, arbitrary: fc.constantFrom(...itemFaults) },
);

/** Configurations with one to eight faults in different keys. */
export const bad: fc.Arbitrary<BadConfig> = fc
  .record({
    config: good,
    faults: fc.uniqueArray(fault, { minLength: 1, maxLength: 8, selector: ({ list, key }) => `${list} ${key}` }),
    place: fc.nat(10),
  })
  .map(({ config, faults, place }) => broken(config, faults, place))
  .filter(({ named }) => named.length > 0);

function broken(config: GoodConfig, faults: readonly Fault[], place: number): BadConfig {
  const named: string[] = [];
  // A list that is a wrong text has no objects.
  const lost = faults.flatMap(({ list, key }) => (list === undefined ? [key] : []));
  const lists = {
    [poolsKey]: lost.includes(poolsKey) ? [] : [...config.pools],
    [simulatedKey]: lost.includes(simulatedKey) ? [] : [...config.simulated],
  };
  for (const { list, key, value, inside = "" } of faults) {
    const items = list === undefined ? [] : lists[list];
    if (items.length === 0) continue;
    const index = place % items.length;
    const entries = Object.entries(items[index] ?? {}).filter(([other]) => other !== key);
    items[index] = Object.fromEntries([...entries, ...(value === undefined ? [] : [[key, value]])]) as Item;
    named.push(`${list}[${index}].${key}${inside}`);
  }
  const plainFaults = faults.filter(({ list }) => list === undefined);
  const given = Object.fromEntries(plainFaults.map(({ key, value }) => [key, String(value)]));
  const changed = { plain: { ...config.plain, ...given }, pools: lists[poolsKey], simulated: lists[simulatedKey] };
  const read = plainFaults.filter(({ isRead }) => isRead?.(changed) !== false);
  named.push(...read.map(({ key, inside = "" }) => key + inside));
  const plain = new Map(Object.entries(config.plain));
  for (const { key } of read) plain.set(key, given[key] ?? "");
  return { raw: Object.fromEntries([...Object.entries(rawOf({ ...changed, plain: {} })), ...plain]), named };
}
