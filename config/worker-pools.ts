import type { ImageUse, VerifiedImage } from "../image/verify.ts";
import { readImage, type NamedImage } from "./image.ts";
import { checkLabel } from "./names.ts";
import { mostWorkers, readLabels, readSize, readTaints, within, type MachineSize, type Taint } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import { poolsKey, readPoolSchema, readSchema, type PoolKeySchema } from "./schema.ts";
import { Values } from "./values.ts";

/** Workers that are all alike. */
export interface WorkerPoolConfig<Image = VerifiedImage> extends MachineSize {
  readonly name: string;
  readonly count: number;
  /** Workers are named <prefix>-1, <prefix>-2, ... */
  readonly namePrefix: string;
  readonly image: Image;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

/** What the pools depend on besides their own keys. */
export interface PoolContext {
  /** The stack's image. */
  readonly image: NamedImage;
  readonly masterName: string;
}

type PoolSchema = ReadonlyMap<string, PoolKeySchema>;

/** The one pool that the plain keys describe. */
const shortForm = { name: "workers", count: "workers", namePrefix: "workerNamePrefix" };

/** Reads and checks the pools of workers, or the one that the plain keys describe; what is wrong goes to `problems`. */
export function readWorkerPools(
  values: Values,
  problems: Problems,
  context: PoolContext,
): readonly WorkerPoolConfig<ImageUse>[] {
  const schema = schemaOf(values);
  const given = values.objects(poolsKey);
  if (given.length === 0) {
    return [readPool(new Values(shortSchema(schema, values), {}, problems), problems, context)];
  }
  refuseShortForm(values, problems);
  const taken = { name: new Set<string>(), namePrefix: new Set<string>() };
  const pools = given.map((raw, index) => {
    const own = new Values(schema, raw, problems, `${poolsKey}[${index}].`);
    const pool = readPool(own, problems, context);
    for (const key of ["name", "namePrefix"] as const) {
      // A prefix that follows from a name is taken when the name is; one problem is enough.
      if (taken[key].has(pool[key]) && !problems.has(own.name("name"))) {
        problems.add(own.name(key), "one that no pool before has", pool[key]);
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

/** The plain keys' values stand in for what a pool leaves out. */
function schemaOf(values: Values): PoolSchema {
  return new Map(
    [...readPoolSchema()].map(([key, declared]) => [
      key,
      declared.plain === undefined ? declared : { ...declared, default: values.value(declared.plain) },
    ]),
  );
}

function shortSchema(schema: PoolSchema, values: Values): PoolSchema {
  const plain = (key: "count" | "namePrefix") =>
    [
      key,
      { ...schema.get(key)!, required: false, plain: shortForm[key], default: values.value(shortForm[key]) },
    ] as const;
  const name = { ...schema.get("name")!, required: false, default: shortForm.name };
  return new Map<string, PoolKeySchema>([...schema, ["name", name], plain("count"), plain("namePrefix")]);
}

function refuseShortForm(values: Values, problems: Problems): void {
  const schema = readSchema();
  for (const key of [shortForm.count, shortForm.namePrefix]) {
    // Pulumi hands defaults over like values that were set, so a key that is set to its default cannot be told apart.
    if (values.value(key) !== schema.get(key)?.default) {
      problems.add(key, `no value beside ${poolsKey}, whose pools have their own`, values.value(key));
    }
  }
}

function readPool(values: Values, problems: Problems, { image, masterName }: PoolContext): WorkerPoolConfig<ImageUse> {
  const name = values.string("name");
  const count = values.integer("count");
  const namePrefix = values.string("namePrefix") || `worker-${name}`;
  // Where the prefix follows from the name, it is the name that is wrong.
  const prefixKey = values.name(values.string("namePrefix") ? "namePrefix" : "name");
  within(problems, values.name("count"), count, [0, mostWorkers]);
  if (!problems.has(values.name("name"))) checkLabel(problems, values.name("name"), name);
  if (!problems.has(prefixKey)) checkLabel(problems, prefixKey, namePrefix, 63 - String(count).length - 1);
  if (!problems.has(values.name("count"), prefixKey) && isNumbered(masterName, namePrefix)) {
    problems.add("masterName", "a name no worker can have", masterName);
  }
  const keys = { vcpus: "vcpus", memoryMiB: "memoryMiB", diskGiB: "diskGiB" };
  const size = readSize(values, problems, keys, { vcpus: 1, memoryMiB: 768, diskGiB: 4 });
  const startsFrom = readOwnImage(values, problems) ?? image;
  const imageKeys = { ...startsFrom.keys, diskGiB: values.name("diskGiB") };
  return {
    name,
    count,
    namePrefix,
    ...size,
    image: { ...startsFrom, keys: imageKeys, diskGiB: size.diskGiB },
    labels: readLabels(values, problems, "labels"),
    taints: readTaints(values, problems, "taints"),
  };
}

/** The pool's own image, if it names one. */
function readOwnImage(values: Values, problems: Problems): NamedImage | undefined {
  const source = values.string("image");
  if (source) return readImage(values, problems, source);
  const hash = values.string("imageSha256");
  if (hash) problems.add(values.name("imageSha256"), "an image beside it that has this hash", hash);
  return undefined;
}

function isNumbered(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}-`) && /^\d+$/.test(name.slice(prefix.length + 1));
}
