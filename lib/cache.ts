import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import { FileLock } from "./file-lock.ts";
import { withLock, type LockOptions } from "./lock.ts";
import { withProgress } from "./log.ts";
import { finishedPath, isAbandoned, abandonedFor, reachDisk, unfinishedPath } from "./unfinished.ts";

/** Input of an artifact: a file, by its content, or a text such as a version. */
export type Input = string | { readonly file: string };

/** Instructions to build an artifact. */
export interface Recipe {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** Everything that decides the result, in a fixed order. */
  readonly inputs: readonly Input[];
  /** Duration of the work for the log, e.g. `10 min`. */
  readonly estimate: string;
  /** Verb for the log. @default "building" */
  readonly verb?: string;
  /** File that has the checksums of the sources, for the log, e.g. `go.sum`. */
  readonly checkedBy?: string;
  /** Fills a folder. An error removes the folder. */
  readonly build: (folder: string) => Promise<void>;
}

/**
 * Returns the folder of an artifact. The artifact is built first if the cache does not have it.
 *
 * The folder gets its name after its whole content has reached the disk, so an existing folder is complete. Processes that
 * need the same artifact wait for the first of them. On a file system without locks they cannot wait. Each then builds in a
 * folder of its own, and the first complete one counts.
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
      for (const path of await abandonedFor(folder)) await rm(path, { recursive: true, force: true });
      await make(recipe, folder);
      return folder;
    },
    options,
  );
}

async function make({ name, estimate, verb = "building", checkedBy, build }: Recipe, folder: string): Promise<void> {
  const unfinished = unfinishedPath(folder, "partial");
  await mkdir(unfinished);
  // No other folder has its inode number while it is open.
  const own = await open(unfinished);
  try {
    const cost = [`about ${estimate}`, ...(checkedBy === undefined ? [] : [`checked by ${checkedBy}`])].join(", ");
    await withProgress(`${verb} ${name} (${cost})`, () => build(unfinished));
    // A build that creates its own folders would continue in a new one, and half of its result would be missing.
    const isSame = (await stat(unfinished)).ino === (await own.stat()).ino;
    if (!isSame) throw new Error(`${unfinished} was removed during the build of ${name}. Fix: run the command again`);
    await reachDisk(unfinished);
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was quicker, and its folder is complete.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await reachDisk(dirname(folder), { recursive: false });
  } finally {
    await own.close();
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Returns the folder that an artifact has in the cache, and whether it exists. */
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
  /** Time of the last use, in milliseconds since 1970. */
  readonly mtimeMs: number;
}

/** Lists the artifacts of every recipe in the cache. */
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
 * Removes superseded artifacts: of each kind, only the one used last and those in use stay. Folders that another process is
 * building stay, too.
 * @param inUse Whether a stack names a file in an artifact's folder, such as the image of its rollback.
 * @returns the names of the removed folders.
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
      if (!isAbandoned(join(root, name))) continue;
      await rm(join(root, name), { recursive: true, force: true });
      removed.push(name);
    } finally {
      lock.release({ remove: true });
    }
  }
  return removed.sort();
}

/** Returns the present name of a recipe that had another name in an earlier release. */
function currentKind(kind: string): string {
  return kind === "stand-ins" ? "fallback-plugins" : kind;
}

/** First 64 bits of the SHA-256 over the inputs, in hexadecimal. */
async function keyOf(inputs: readonly Input[]): Promise<string> {
  const hash = createHash("sha256");
  for (const input of inputs) {
    const content = typeof input === "string" ? Buffer.from(input) : await readFile(input.file);
    // The length in front separates an input from the next one.
    hash.update(`${typeof input === "string" ? "text" : "file"} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Returns whether a folder exists, and marks it as used now for {@link prune}. */
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
