import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "./files.ts";

/** Permission bits of all users except the owner. */
const others = 0o077;

/**
 * Creates a folder that only its owner can enter. From an existing folder of this user, the permissions of other users are
 * removed. A folder of another user stays unchanged, because root may work in another user's checkout.
 */
export function ownFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(path);
  // A folder with the sticky bit, such as /tmp, is shared on purpose.
  const isShared = (mode & 0o1000) !== 0;
  if (uid === process.getuid?.() && !isShared && (mode & others) !== 0) chmodSync(path, mode & 0o7777 & ~others);
}

/**
 * Creates a folder in which no other user can add, replace or read a file, and returns its real path.
 *
 * The folder itself belongs to this user and has mode 0700. No folder above it lets another user rename it. A folder with the
 * sticky bit, such as /tmp, is safe in that respect.
 * @throws if another user could change its content; the error has the path, the found and the expected value, and the fix.
 */
export function guardedFolder(path: string): string {
  const refuse = (what: string, problem: string, fix: string) =>
    new Error(
      `${path} cannot hold private files: ${what} ${problem}. Fix: ${fix}, or set XDG_CACHE_HOME to a folder of your own`,
    );
  mkdirSync(dirname(path), { recursive: true });
  // Links above it are resolved once, so the returned path is the path that was checked.
  const parent = realpathSync(dirname(path));
  const folder = join(parent, basename(path));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const own = process.getuid?.();
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw refuse(folder, "is not a folder", "remove it");
  if (found.uid !== own) throw refuse(folder, `belongs to user ${found.uid}, expected ${own}`, "remove it");
  if ((found.mode & others) !== 0) {
    throw refuse(folder, `has mode ${octal(found.mode)}, expected 0700`, "inspect its files, then remove it");
  }
  for (let above = parent; ; above = dirname(above)) {
    const { uid, gid, mode } = lstatSync(above);
    if (uid !== 0 && uid !== own && !isOutside(uid)) {
      throw refuse(above, `belongs to user ${uid}, expected ${own} or root`, "change its owner");
    }
    // The default group of a user has no other members.
    const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== process.getgid?.());
    if (writable && (mode & 0o1000) === 0) {
      throw refuse(
        above,
        `has mode ${octal(mode)}, so other users can rename its files`,
        `run \`chmod go-w ${above}\``,
      );
    }
    if (above === dirname(above)) return folder;
  }
}

/** Replaces a file by one that only its owner can read. */
export async function writeOwn(path: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(path, content, { mode: 0o600 });
}

/** Whether a number means users outside of this user namespace (user_namespaces(7)), such as users of a container's host. */
function isOutside(uid: number): boolean {
  const [, first, count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).map(Number);
  const isWhole = first === 0 && count === 2 ** 32 - 1;
  return !isWhole && uid === Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"));
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
