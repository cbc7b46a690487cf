import { execa } from "execa";

// All of this happens in the namespaces of test/support/with-hypervisor, so no other process of the machine notices it.

/** Mounts a file system in memory. @param size As mount takes it. */
export async function mountMemory(path: string, size: string): Promise<void> {
  await execa("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
}

/** Changes the size of a file system in memory. @throws when its files need more. */
export async function resize(path: string, size: string): Promise<void> {
  await execa("mount", ["-o", `remount,size=${size}`, path]);
}

/**
 * Hides the files of a folder, as if its storage were not mounted. Processes keep the files that they have open.
 * @param empty Folder without files, which the path shows meanwhile.
 * @returns a function that shows them again.
 */
export async function hideFiles(path: string, empty: string): Promise<() => Promise<void>> {
  await execa("mount", ["--bind", empty, path]);
  return async () => void (await execa("umount", [path]));
}

/** Unmounts storage although files on it are open. Their processes keep them. */
export async function unmount(path: string): Promise<void> {
  await execa("umount", ["--lazy", path]);
}
