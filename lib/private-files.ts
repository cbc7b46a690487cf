import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "./files.ts";

/** Permission bits of everybody but the owner. */
const others = 0o077;

/**
 * Makes a folder that only its owner can enter, and takes the permissions of others away from one that is there and ours.
 * One of another user is left as it is: root may work in a checkout of somebody else.
 */
export function ownFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(path);
  // One with the sticky bit, such as /tmp, is everybody's on purpose.
  const isShared = (mode & 0o1000) !== 0;
  if (uid === process.getuid?.() && !isShared && (mode & others) !== 0) chmodSync(path, mode & 0o7777 & ~others);
}

/**
 * Makes a folder in which nobody else can put, replace or read a file, and returns its real path.
 *
 * The folder itself is 0700 and ours, and no folder above it lets another user rename it; a folder with the sticky bit,
 * such as /tmp, does not.
 * @throws when another user could change what is in it, with the path, what it is and how to fix it.
 */
export function guardedFolder(path: string): string {
  const refuse = (what: string, problem: string, fix: string) =>
    new Error(
      `${path} cannot hold private files: ${what} ${problem}; ${fix}, or set XDG_CACHE_HOME to a folder of your own`,
    );
  mkdirSync(dirname(path), { recursive: true });
  // Links above it are followed once: what is handed on later is the path that was checked.
  const parent = realpathSync(dirname(path));
  const folder = join(parent, basename(path));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const own = process.getuid?.();
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw refuse(folder, "is no folder", "remove it");
  if (found.uid !== own) throw refuse(folder, `belongs to user ${found.uid}, wanted ${own}`, "remove it");
  if ((found.mode & others) !== 0) {
    throw refuse(folder, `has mode ${octal(found.mode)}, wanted 0700`, "look at what is in it, then remove it");
  }
  for (let above = parent; ; above = dirname(above)) {
    const { uid, gid, mode } = lstatSync(above);
    if (uid !== 0 && uid !== own && !isOutside(uid)) {
      throw refuse(above, `belongs to user ${uid}, wanted ${own} or root`, "change its owner");
    }
    // A user's own group has no other members where it is the default group.
    const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== process.getgid?.());
    if (writable && (mode & 0o1000) === 0) {
      throw refuse(above, `has mode ${octal(mode)}, so others can rename what is in it`, `run \`chmod go-w ${above}\``);
    }
    if (above === dirname(above)) return folder;
  }
}

/** Writes a file that only its owner can read; a reader finds the old text or the new one, never half of it. */
export async function writeOwn(path: string, text: string): Promise<void> {
  await replaceFile(path, text, { mode: 0o600 });
}

/** Whether a number stands for users outside of this user namespace (user_namespaces(7)), such as a container's host. */
function isOutside(uid: number): boolean {
  const [, first, count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).map(Number);
  const isWhole = first === 0 && count === 2 ** 32 - 1;
  return !isWhole && uid === Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"));
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
