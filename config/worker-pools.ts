import type { ImageUse, VerifiedImage } from "../image/verify.ts";
import { checkHash, readImage, type NamedImage } from "./image.ts";
import { readKubelet, type KubeletConfig } from "./kubelet.ts";
import { checkLabel } from "./names.ts";
import { mostWorkers, readLabels, readSize, readTaints, within, type MachineSize, type Taint } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import { poolsKey, readPoolSchema, readSchema, type RawObject } from "./schema.ts";
import { Values } from "./values.ts";

/** Workers of one size, image and set of labels and taints. */
export interface WorkerPoolConfig<Image = VerifiedImage> extends MachineSize {
  readonly name: string;
  readonly count: number;
  /** Workers are named <prefix>-1, <prefix>-2, ... */
  readonly namePrefix: string;
  readonly image: Image;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Fields of the configuration of the workers' kubelets. */
  readonly kubelet: KubeletConfig;
}

/** Values that the pools depend on besides their own keys. */
export interface PoolContext {
  /** The stack's image. */
  readonly image: NamedImage;
  readonly masterName: string;
}

/** Returns the key to name in an error about a pool's value. */
type At = (key: string) => string;

/** Plain keys that describe one pool, and that a list of pools replaces. */
const shortForm = { count: "workers", namePrefix: "workerNamePrefix" } as const;

/** Reads and checks the listed pools, or the one that the plain keys describe. Adds what is wrong to `problems`. */
export function readWorkerPools(
  values: Values,
  problems: Problems,
  context: PoolContext,
): readonly WorkerPoolConfig<ImageUse>[] {
  const schema = readPoolSchema();
  const plainKeys = new Map([...schema].flatMap(([key, { plain }]) => (plain === undefined ? [] : [[key, plain]])));
  const inherited = Object.fromEntries([...plainKeys].map(([key, plain]) => [key, values.value(plain)]));
  const read = (raw: RawObject, at: At, path?: string) =>
    readPool(new Values(schema, { ...inherited, ...raw }, problems, path), at, problems, context);

  const listed = values.objects(poolsKey);
  if (listed.length === 0) {
    const keys: Readonly<Record<string, string>> = { ...shortForm, name: shortForm.namePrefix };
    return [read(plainPool(values), (key) => keys[key] ?? plainKeys.get(key) ?? key)];
  }
  refuseShortForm(values, problems);
  if (listed.length > mostWorkers) problems.add(poolsKey, `at most ${mostWorkers} pools`, listed.length);
  const taken = { name: new Set<string>(), namePrefix: new Set<string>() };
  const pools = listed.map((raw, index) => {
    const path = `${poolsKey}[${index}].`;
    const at: At = (key) => (raw[key] === undefined ? plainKeys.get(key) : undefined) ?? path + key;
    const pool = read(raw, at, path);
    for (const key of ["name", "namePrefix"] as const) {
      // A repeated name repeats the prefix that follows from it; one problem is enough.
      if (taken[key].has(pool[key]) && !problems.has(at("name"))) {
        problems.add(at(key), "one that no pool before has", pool[key]);
      }
      taken[key].add(pool[key]);
    }
    return pool;
  });
  const workers = pools.reduce((sum, { count }) => sum + count, 0);
  if (workers > mostWorkers && pools.every(({ count }) => count <= mostWorkers)) {
    problems.add(poolsKey, `at most ${mostWorkers} workers in all pools together`, workers);
  }
  return pools;
}

/** The one pool that the plain keys describe. */
function plainPool(values: Values): RawObject {
  return {
    name: "workers",
    count: values.value(shortForm.count),
    namePrefix: values.value(shortForm.namePrefix),
  };
}

function refuseShortForm(values: Values, problems: Problems): void {
  const schema = readSchema();
  for (const key of Object.values(shortForm)) {
    // Pulumi passes defaults like values that are set, so a key that the user set to its default looks unset.
    if (values.value(key) !== schema.get(key)?.default) {
      problems.add(key, `no value beside ${poolsKey}, whose pools have their own`, values.value(key));
    }
  }
}

function readPool(
  values: Values,
  at: At,
  problems: Problems,
  { image, masterName }: PoolContext,
): WorkerPoolConfig<ImageUse> {
  const name = values.string("name");
  const count = values.integer("count");
  const namePrefix = values.string("namePrefix") || `worker-${name}`;
  // A prefix that follows from the name is wrong because the name is.
  const prefixKey = at(values.string("namePrefix") ? "namePrefix" : "name");
  within(problems, at("count"), count, [0, mostWorkers]);
  if (!problems.has(at("name"))) checkLabel(problems, at("name"), name);
  if (!problems.has(prefixKey)) checkLabel(problems, prefixKey, namePrefix, 63 - String(count).length - 1);
  if (!problems.has(at("count"), prefixKey) && isNumbered(masterName, namePrefix)) {
    problems.add("masterName", "a name no worker can have", masterName);
  }
  const size = readSize((part) => values.integer(part), at, problems, { vcpus: 1, memoryMiB: 768, diskGiB: 4 });
  const { keys: imageKeys, ...startsFrom } = readOwnImage(values, at, problems) ?? image;
  return {
    name,
    count,
    namePrefix,
    ...size,
    image: { ...startsFrom, keys: { ...imageKeys, diskGiB: at("diskGiB") }, diskGiB: size.diskGiB },
    labels: readLabels(values.list("labels"), problems, at("labels")),
    taints: readTaints(values.list("taints"), problems, at("taints")),
    kubelet: readKubelet(values.object("kubelet"), problems, at("kubelet")),
  };
}

/** Returns the pool's own image; undefined when it names none. */
function readOwnImage(values: Values, at: At, problems: Problems): NamedImage | undefined {
  const [source, sha256] = [values.string("image"), values.string("imageSha256")];
  const keys = { image: at("image"), imageSha256: at("imageSha256") };
  if (source) return readImage({ source, sha256, keys }, problems);
  checkHash(sha256.toLowerCase(), keys.imageSha256, problems);
  // The image beside it may be wrong itself.
  if (sha256 && !problems.has(keys.image, keys.imageSha256))
    problems.add(keys.imageSha256, "an image beside it that has this hash", sha256);
  return undefined;
}

function isNumbered(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}-`) && /^\d+$/.test(name.slice(prefix.length + 1));
}
