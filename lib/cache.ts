import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import { FileLock } from "./file-lock.ts";
import { withLock, type LockOptions } from "./lock.ts";
import { withProgress } from "./log.ts";
import { finishedPath, isLeftOver, leftOversOf, reachDisk, unfinishedPath } from "./unfinished.ts";

/** Something an artifact is made from: a file, by its content, or a text such as a version. */
export type Input = string | { readonly file: string };

/** How to make an artifact. */
export interface Recipe {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** Everything that decides what comes out, in a fixed order. */
  readonly inputs: readonly Input[];
  /** What a person is told the work costs, e.g. `10 min`. */
  readonly estimate: string;
  /** Verb for the same person. @default "building" */
  readonly verb?: string;
  /** What the sources are checked by, for the same person, e.g. `go.sum`. */
  readonly checkedBy?: string;
  /** Fills the folder it is given; what it throws leaves nothing behind. */
  readonly build: (folder: string) => Promise<void>;
}

/**
 * Returns the folder of an artifact, making it first when the cache does not have it.
 *
 * The folder appears by renaming, after all of it has reached the disk, so one that exists is complete. Processes that
 * want the same artifact wait for the first of them. Where they cannot wait for each other, as on a file system without locks,
 * it does no harm: each builds in a folder of its own, and the first that is complete counts.
 */
export async function artifact(recipe: Recipe, root = cacheRoot(), options: LockOptions = {}): Promise<string> {
  const { name, verb = "building" } = recipe;
  const folder = join(root, `${name}-${await keyOf(recipe.inputs)}`);
  if (await touched(folder)) return folder;
  return withLock(
    folder,
    `${verb} ${name}`,
    async () => {
      if (await touched(folder)) return folder;
      for (const path of await leftOversOf(folder)) await rm(path, { recursive: true, force: true });
      await make(recipe, folder);
      return folder;
    },
    options,
  );
}

async function make({ name, estimate, verb = "building", checkedBy, build }: Recipe, folder: string): Promise<void> {
  const unfinished = unfinishedPath(folder, "partial");
  await mkdir(unfinished);
  // While it is open, no other folder has its number.
  const own = await open(unfinished);
  try {
    const cost = [`about ${estimate}`, ...(checkedBy === undefined ? [] : [`checked by ${checkedBy}`])].join(", ");
    await withProgress(`${verb} ${name} (${cost})`, () => build(unfinished));
    // A build that makes its own folders would go on in a new one, and half of what it made would be gone.
    const isSame = (await stat(unfinished)).ino === (await own.stat()).ino;
    if (!isSame) throw new Error(`${unfinished} was removed while ${name} was made in it; run this again`);
    await reachDisk(unfinished);
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was quicker; what it made is complete.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await reachDisk(dirname(folder), { recursive: false });
  } finally {
    await own.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Whether an artifact is in the cache already, and where it is or would be. */
export async function lookUp(recipe: Pick<Recipe, "name" | "inputs">, root = cacheRoot()) {
  const folder = join(root, `${recipe.name}-${await keyOf(recipe.inputs)}`);
  return { folder, present: (await stat(folder).catch(() => undefined)) !== undefined };
}

/** A finished artifact in the cache. */
export interface Artifact {
  /** Name of its folder. */
  readonly name: string;
  /** The name of its recipe. */
  readonly kind: string;
  /** When it was used last, in milliseconds since 1970. */
  readonly mtimeMs: number;
}

/** Everything in the cache, whatever made it. */
export async function listArtifacts(root = cacheRoot()): Promise<readonly Artifact[]> {
  const names = await readdir(root).catch(() => []);
  return Promise.all(
    names.sort().flatMap((name) => {
      const [, kind] = /^([a-z0-9-]+)-[0-9a-f]{16}$/.exec(name) ?? [];
      return kind === undefined ? [] : [stat(join(root, name)).then(({ mtimeMs }) => ({ name, kind, mtimeMs }))];
    }),
  );
}

/**
 * Removes what newer artifacts have superseded: of each kind only the one used last stays, and what is in use. What another
 * process is making right now is left alone.
 * @param inUse Whether a stack names something below an artifact's folder, such as the image that it would go back to.
 * @returns the names of what was removed.
 */
export async function prune(
  root = cacheRoot(),
  inUse: (path: string) => boolean = () => false,
): Promise<readonly string[]> {
  const names = await readdir(root).catch(() => []);
  const artifacts = await listArtifacts(root);
  const isNewer = (one: Artifact, other: Artifact) =>
    other.kind === currentKind(one.kind) && other.mtimeMs > one.mtimeMs;
  const superseded = artifacts
    .filter((one) => artifacts.some((other) => isNewer(one, other)))
    .map(({ name }) => name)
    .filter((name) => !inUse(join(root, name)));
  for (const name of superseded) await rm(join(root, name), { recursive: true, force: true });
  const removed = [...superseded];
  for (const name of names) {
    const path = finishedPath(join(root, name));
    if (path === undefined) continue;
    const lock = await FileLock.take(`${path}.lock`);
    if (lock === undefined) continue;
    try {
      if (!isLeftOver(join(root, name))) continue;
      await rm(join(root, name), { recursive: true, force: true });
      removed.push(name);
    } finally {
      lock.release({ remove: true });
    }
  }
  return removed.sort();
}

/** Name of a recipe of an earlier release, as the recipe is named now. */
function currentKind(kind: string): string {
  return kind === "stand-ins" ? "fallback-plugins" : kind;
}

/** First 64 bits of the SHA-256 over the inputs, in hexadecimal. */
async function keyOf(inputs: readonly Input[]): Promise<string> {
  const hash = createHash("sha256");
  for (const input of inputs) {
    const content = typeof input === "string" ? Buffer.from(input) : await readFile(input.file);
    // With its length in front, no text can run into the next one.
    hash.update(`${typeof input === "string" ? "text" : "file"} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Whether the folder exists; its time is when it was used last, which {@link prune} goes by. */
async function touched(folder: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(folder, now, now);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
