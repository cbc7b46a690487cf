import { which } from "../lib/process.ts";

/** Programs that the builder runs, each with its Debian package. */
const tools: Readonly<Record<string, string>> = {
  "apt-get": "apt",
  "dpkg-query": "dpkg",
  gcc: "gcc",
  "grub-mkimage": "grub-common",
  mke2fs: "e2fsprogs",
  mmdebstrap: "mmdebstrap",
  "qemu-img": "qemu-utils",
  sfdisk: "fdisk",
  unshare: "util-linux",
  xz: "xz-utils",
};

/** Packages without programs: the keys of Debian's archive, boot code, and a C library for static linking. */
const data: readonly string[] = ["debian-archive-keyring", "grub-pc-bin", "libc6-dev"];

/** Returns the Debian packages that a machine needs to build the image, sorted. */
export function hostPackages(): readonly string[] {
  return [...new Set([...Object.values(tools), ...data])].sort();
}

/** Returns the programs of {@link hostPackages} that are missing here. */
export function missingTools(): readonly string[] {
  return Object.keys(tools).filter((name) => which(name) === undefined);
}
