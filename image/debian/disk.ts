import { open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../lib/process.ts";
import type { DebianDeclaration } from "./debian.ts";

/** Bytes of a sector, and the sectors at which the boot loader and the root file system start. */
const sector = 512;
const bootStart = 2048;
const rootStart = 4096;

/** Where GRUB's i386-pc boot code is told the sector of what it loads next. */
const bootCodeNext = 0x5c;
const coreNext = sector - 12;

/**
 * Writes a bootable disk (BIOS, GUID partition table) holding a tree, as a compressed qcow2 image.
 *
 * It needs no loop device and mounts nothing: the file system is made inside the disk file, and the boot loader's two parts are copied to their places.
 * @param work Folder for files that are not needed afterwards.
 */
export async function makeDisk(root: string, work: string, output: string, debian: DebianDeclaration, kernel: Kernel) {
  const raw = join(work, "disk.raw");
  const bytes = debian.disk["size-mib"] * 1024 * 1024;
  await writeFile(raw, "");
  await truncate(raw, bytes);
  await run("sfdisk", ["--quiet", raw], { input: partitionTable(debian.disk) });
  await makeFilesystem(raw, root, bytes, debian.disk, kernel.epoch);
  await installBootLoader(raw, work, debian.disk.label, kernel.parameters);
  await run("qemu-img", ["convert", "-c", "-O", "qcow2", "-o", "compression_type=zstd", raw, output], {
    timeout: 300_000,
  });
}

/** How the kernel is started, and the date of the build in seconds since 1970. */
export interface Kernel {
  readonly parameters: readonly string[];
  readonly epoch: number;
}

function partitionTable(disk: DebianDeclaration["disk"]): string {
  return [
    "label: gpt",
    `label-id: ${disk["disk-uuid"]}`,
    // BIOS boot partition: the only place on such a disk that a boot loader may call its own.
    `start=${bootStart}, size=${rootStart - bootStart}, type=21686148-6449-6E6F-744E-656564454649, uuid=${disk["boot-uuid"]}`,
    // Typed as the root of this architecture: systemd-repart recognises it and grows it.
    `start=${rootStart}, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, uuid=${disk["root-uuid"]}, name=${disk.label}`,
    "",
  ].join("\n");
}

async function makeFilesystem(
  raw: string,
  root: string,
  bytes: number,
  disk: DebianDeclaration["disk"],
  epoch: number,
) {
  // The last mebibyte is the partition table's second copy.
  const kibibytes = (bytes - rootStart * sector) / 1024 - 1024;
  const options = [
    `offset=${rootStart * sector}`,
    `hash_seed=${disk["filesystem-uuid"]}`,
    // Written here, where zeros cost nothing: else every node would do so in its first minutes.
    "lazy_itable_init=0",
    "lazy_journal_init=0",
  ];
  await run(
    "mke2fs",
    [
      "-q",
      "-t",
      "ext4",
      "-d",
      root,
      "-L",
      disk.label,
      "-U",
      disk["filesystem-uuid"],
      "-E",
      options.join(","),
      "-m",
      "0",
      // GRUB's driver refuses the first; the second only helps a disk that is switched off all the time.
      "-O",
      "^metadata_csum_seed,^orphan_file",
      "-i",
      String(disk["bytes-per-inode"]),
      raw,
      `${kibibytes}k`,
    ],
    { timeout: 300_000, env: { E2FSPROGS_FAKE_TIME: String(epoch), SOURCE_DATE_EPOCH: String(epoch) } },
  );
}

/** What the boot loader does, in GRUB's words. */
export function bootCommands(label: string, parameters: readonly string[]): string {
  return [
    `search.fs_label ${label} root`,
    `linux ($root)/boot/vmlinuz ${parameters.join(" ")}`,
    "initrd ($root)/boot/initrd.img",
    "boot",
    "",
  ].join("\n");
}

async function installBootLoader(raw: string, work: string, label: string, parameters: readonly string[]) {
  const config = join(work, "grub.cfg");
  const core = join(work, "core.img");
  await writeFile(config, bootCommands(label, parameters));
  const modules = ["biosdisk", "part_gpt", "ext2", "search_label", "linux", "boot"];
  await run("grub-mkimage", ["-O", "i386-pc", "-p", "/", "-c", config, "-o", core, ...modules]);
  const bootCode = await readFile("/usr/lib/grub/i386-pc/boot.img");
  const coreImage = await readFile(core);
  if (coreImage.length > (rootStart - bootStart) * sector) throw new Error("GRUB does not fit into its partition");
  bootCode.writeBigUInt64LE(BigInt(bootStart), bootCodeNext);
  coreImage.writeBigUInt64LE(BigInt(bootStart + 1), coreNext);
  const disk = await open(raw, "r+");
  try {
    // Only the code: the rest of the first sector is the protective partition table.
    await disk.write(bootCode, 0, 440, 0);
    await disk.write(coreImage, 0, coreImage.length, bootStart * sector);
  } finally {
    await disk.close();
  }
}
