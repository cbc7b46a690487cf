import { constants, existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { access, chown, open, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stateFolder } from "../../lib/checkout.ts";
import { withLock } from "../../lib/lock.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { parseKubeconfig } from "./edit.ts";
import type { Kubeconfig } from "./entries.ts";

/** Milliseconds to wait for another program that changes the file. */
const patience = 10_000;

/** End of the name of a copy that has the content before the last change. */
const backupEnd = ".nodeforge-backup";

/** Kubeconfigs of the user, in the order in which kubectl looks for an entry. */
export interface UserFiles {
  /** Paths of KUBECONFIG; `~/.kube/config` without it. At least one. */
  readonly used: readonly string[];
  /** The same, with `~/.kube/config` as the last one. */
  readonly all: readonly string[];
}

/** Returns the user's kubeconfigs. A kubeconfig that this checkout keeps for a stack is none of them. */
export function userFiles(environment: NodeJS.ProcessEnv = process.env, home = homedir()): UserFiles {
  const isOwn = (path: string) => dirname(path) === stateFolder;
  const named = (environment.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  const usual = join(home, ".kube", "config");
  const paths = named.map((path) => resolve(path)).filter((path) => !isOwn(path));
  const used = paths.length === 0 ? [usual] : [...new Set(paths)];
  return { used, all: [...new Set([...used, usual])] };
}

/**
 * Reads a kubeconfig; a missing or empty one has no entries.
 * @throws naming the file when it cannot be read or is not a kubeconfig.
 */
export async function readKubeconfig(path: string): Promise<Kubeconfig> {
  return about(path, async () => parseKubeconfig(await textOf(path)));
}

/**
 * Changes a kubeconfig of the user. The file is replaced as a whole, only its owner can read it, and a copy beside it has the
 * content before. A symbolic link stays, and its target is changed. No other run of nodeforge and no kubectl changes the file
 * meanwhile.
 * @param change Returns the new text. The same text changes nothing.
 * @returns whether the file was changed.
 * @throws naming the file, the reason and the fix.
 */
export async function changeKubeconfig(path: string, change: (text: string) => string): Promise<boolean> {
  return about(path, async () => {
    const target = targetOf(path);
    const found = statSync(target, { throwIfNoEntry: false });
    await access(found === undefined ? nearestFolder(target) : dirname(target), constants.W_OK);
    if (found !== undefined) await access(target, constants.W_OK);
    const work = () => withKubectlLock(target, () => replace(target, change));
    return withLock(`${target}.nodeforge`, `changing ${path}`, work, { limit: patience });
  });
}

async function replace(target: string, change: (text: string) => string): Promise<boolean> {
  const before = await textOf(target);
  const after = change(before);
  if (after === before) return false;
  const found = statSync(target, { throwIfNoEntry: false });
  const write = async (path: string, text: string) => {
    await writeOwn(path, text);
    // root may work with the home of another user.
    if (found !== undefined && found.uid !== process.getuid?.()) await chown(path, found.uid, found.gid);
  };
  if (found !== undefined) await write(`${target}${backupEnd}`, before);
  await write(target, after);
  return true;
}

/** Runs work while kubectl, helm and k9s do not write the file (k8s.io/client-go, tools/clientcmd/loader.go, lockFile). */
async function withKubectlLock<T>(target: string, work: () => Promise<T>): Promise<T> {
  const path = `${target}.lock`;
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      await (await open(path, "wx", 0o600)).close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (performance.now() > deadline) {
        throw new Error(`kubectl has locked it for ${patience / 1000} s. Fix: if no kubectl runs, rm ${path}`, {
          cause: error,
        });
      }
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Path of the file behind symbolic links. @throws for a link to a missing file. */
function targetOf(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync(path);
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}

function nearestFolder(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) || folder === path ? folder : nearestFolder(folder);
}

/** Names the file in the error of work on it. */
async function about<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "EACCES" || code === "EROFS" || code === "EPERM" ? "it is not writable" : message;
    throw new Error(reason.startsWith(`${path}: `) ? reason : `${path}: ${reason}`, { cause: error });
  }
}
