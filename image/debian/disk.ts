import { open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../lib/process.ts";
import type { DebianDeclaration } from "./debian.ts";

/** Size of a sector in bytes. */
const sector = 512;

/** First sectors of the boot loader and of the root file system. */
const bootStart = 2048;
const rootStart = 4096;

/** Offsets in GRUB's boot code and in its core image of the sector that each loads next. */
const bootCodeNext = 0x5c;
const coreNext = sector - 12;

/**
 * Writes a tree to a bootable disk (BIOS, GUID partition table), as a compressed qcow2 image.
 *
 * Needs no loop device and no mount: mke2fs writes into the disk file, and the boot loader's two parts are copied into it.
 * @param work Folder for temporary files.
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

/** Parameters of the kernel, and the date of the build. */
export interface Kernel {
  readonly parameters: readonly string[];
  /** Seconds since 1970. */
  readonly epoch: number;
}

function partitionTable(disk: DebianDeclaration["disk"]): string {
  return [
    "label: gpt",
    `label-id: ${disk["disk-uuid"]}`,
    // BIOS boot partition, because GRUB has no other place on a disk with a GUID partition table.
    `start=${bootStart}, size=${rootStart - bootStart}, type=21686148-6449-6E6F-744E-656564454649, uuid=${disk["boot-uuid"]}`,
    // Type of this architecture's root partition, by which systemd-repart recognizes it and grows it.
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
  // The last mebibyte holds the second copy of the partition table.
  const kibibytes = (bytes - rootStart * sector) / 1024 - 1024;
  const options = [
    `offset=${rootStart * sector}`,
    `hash_seed=${disk["filesystem-uuid"]}`,
    // Initialized here, because every node would otherwise do it in its first minutes.
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
      // GRUB's driver refuses the first. The second helps only a file system that is unmounted often.
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

/** Returns GRUB's commands that boot the image. */
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
  const room = (rootStart - bootStart) * sector;
  if (coreImage.length > room)
    throw new Error(`GRUB's core image has ${coreImage.length} bytes, but its partition only ${room}`);
  bootCode.writeBigUInt64LE(BigInt(bootStart), bootCodeNext);
  coreImage.writeBigUInt64LE(BigInt(bootStart + 1), coreNext);
  const disk = await open(raw, "r+");
  try {
    // Writes only the code, because the rest of the first sector is the protective partition table.
    await disk.write(bootCode, 0, 440, 0);
    await disk.write(coreImage, 0, coreImage.length, bootStart * sector);
  } finally {
    await disk.close();
  }
}
