import { execa } from "execa";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

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
  xz: "xz-utils",
};

/** What is needed beside the programs: signatures of Debian's archive, boot code, and a C library to link statically. */
const data: readonly string[] = ["debian-archive-keyring", "grub-pc-bin", "libc6-dev"];

/** Debian packages that a machine must have to build the image, sorted. */
export function hostPackages(): readonly string[] {
  return [...new Set([...Object.values(tools), ...data])].sort();
}

/** Programs of {@link hostPackages} that this machine lacks. */
export async function missingTools(): Promise<readonly string[]> {
  const found = await Promise.all(Object.keys(tools).map(async (name) => ((await which(name)) ? [] : [name])));
  return found.flat();
}

/** How a program is run. */
export interface RunOptions {
  /** Milliseconds after which the program is stopped. @default 60_000 */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/**
 * Runs a program to its end and returns its output.
 * @throws when it fails or takes too long, with the command and what it printed last.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeout = 60_000, env = {}, input = "" } = options;
  const result = await execa(program, args, {
    all: true,
    env: { ...env, PATH: searchPath() },
    input,
    reject: false,
    timeout,
  });
  if (!result.failed) return result.stdout;
  const why = result.timedOut ? `did not end within ${timeout / 1000} s` : result.shortMessage;
  throw new Error(`${program} ${args.join(" ")}: ${why}\n${result.all.split("\n").slice(-30).join("\n")}`);
}

/** PATH with the administrator's directories, which a plain user's session often lacks. */
function searchPath(): string {
  return [process.env["PATH"] ?? "", "/usr/sbin", "/sbin"].join(delimiter);
}

async function which(program: string): Promise<boolean> {
  const tries = searchPath()
    .split(delimiter)
    .map((folder) => access(join(folder, program), constants.X_OK));
  return (await Promise.allSettled(tries)).some(({ status }) => status === "fulfilled");
}
