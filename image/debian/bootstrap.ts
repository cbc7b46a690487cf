import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../lib/process.ts";
import { aptSources, releaseHash } from "./debian-archive.ts";
import type { DebianDeclaration } from "./debian.ts";

/** What Debian's packages made. */
export interface DebianRoot {
  /** Package name to version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Seconds since 1970 of the archive the packages came from: the newest of its Release files. */
  readonly epoch: number;
  /** Hash of those files, in hexadecimal: tells the state of the archive from every other one. */
  readonly release: string;
}

/**
 * Installs the declared packages below an empty folder.
 *
 * Signatures are checked against Debian's keyring.
 * @param archive Where from; empty for the mirrors that this machine installs its own packages from.
 */
export async function bootstrap(root: string, debian: DebianDeclaration, archive: string): Promise<DebianRoot> {
  const sources = await aptSources(debian.suite, archive);
  const excluded = debian["excluded-paths"].map((path) => `--dpkgopt=path-exclude=${path}`);
  const kept = debian["kept-paths"].map((path) => `--dpkgopt=path-include=${path}`);
  const releases = `${root}.releases`;
  await mkdir(releases);
  const [program = "", ...before] = [...(await inOwnMounts()), "mmdebstrap"];
  await run(
    program,
    [
      ...before,
      "--mode=root",
      // Essential packages only: a node is replaced, not upgraded, so it needs no package manager.
      "--variant=essential",
      "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg",
      `--aptopt=Apt::Install-Recommends "false"`,
      // A mirror that stops answering must not hold the build up.
      `--aptopt=Acquire::Retries "3"`,
      `--aptopt=Acquire::http::Timeout "30"`,
      // The past of an archive is past its date.
      ...(archive === "" ? [] : [`--aptopt=Acquire::Check-Valid-Until "false"`]),
      ...excluded,
      ...kept,
      `--include=${debian.packages.join(",")}`,
      `--customize-hook=cp "$1"/var/lib/apt/lists/*Release "${releases}"`,
      debian.suite,
      root,
      ...sources,
    ],
    // The image has its own early userspace: Debian's, of 18 MB, is not made.
    { timeout: 600_000, env: { INITRD: "No", LC_ALL: "C" } },
  );
  const database = join(root, "var/lib/dpkg");
  const listed = await run("dpkg-query", ["--admindir", database, "--show", "--showformat", "${Package} ${Version}\n"]);
  const files = await Promise.all((await readdir(releases)).map((name) => readFile(join(releases, name))));
  await rm(releases, { recursive: true });
  return {
    packages: Object.fromEntries(listed.split("\n").map((line) => line.split(" "))) as Record<string, string>,
    epoch: Math.max(...files.map(dateOf)) / 1000,
    release: releaseHash(files),
  };
}

function dateOf(release: Buffer): number {
  return Date.parse(/^Date: (.*)$/m.exec(release.toString("utf8"))?.[1] ?? "");
}

/**
 * What gives a command a mount namespace, or nothing where that is not allowed.
 *
 * mmdebstrap mounts this machine's /proc, /sys and devices below the folder. Killed, it would leave them there, and nobody
 * could delete the folder; mounts of a namespace end with the last process in it. In a container or a chroot, where it
 * cannot have one, mmdebstrap cannot mount either, or mounts as it likes.
 */
async function inOwnMounts(): Promise<readonly string[]> {
  const command = ["unshare", "--mount"];
  return run("unshare", ["--mount", "true"]).then(
    () => command,
    () => [],
  );
}
