import { which } from "../lib/process.ts";

/** Programs the builder calls, and the Debian package each comes in. */
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

/** What is needed beside the programs: signatures of Debian's archive, boot code, and a C library to link statically. */
const data: readonly string[] = ["debian-archive-keyring", "grub-pc-bin", "libc6-dev"];

/** Debian packages that a machine must have to build the image, sorted. */
export function hostPackages(): readonly string[] {
  return [...new Set([...Object.values(tools), ...data])].sort();
}

/** Programs of {@link hostPackages} that this machine lacks. */
export function missingTools(): readonly string[] {
  return Object.keys(tools).filter((name) => which(name) === undefined);
}
