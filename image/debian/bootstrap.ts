import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../lib/process.ts";
import { aptSources, releaseHash } from "./debian-archive.ts";
import type { DebianDeclaration } from "./debian.ts";

/** Result of {@link bootstrap}. */
export interface DebianRoot {
  /** Package name to version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Date of the newest Release file of the archive, in seconds since 1970. */
  readonly epoch: number;
  /** Hash of the Release files, in hexadecimal. Identifies a state of the archive. */
  readonly release: string;
}

/**
 * Installs the declared packages into an empty folder. Checks signatures against Debian's keyring.
 * @param archive Debian's archive, in the form that `checkArchive` accepts. Empty: the mirrors of this machine's apt.
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
      // A mirror that stops answering must not block the build.
      `--aptopt=Acquire::Retries "3"`,
      `--aptopt=Acquire::http::Timeout "30"`,
      // Release files of an earlier state have expired.
      ...(archive === "" ? [] : [`--aptopt=Acquire::Check-Valid-Until "false"`]),
      ...excluded,
      ...kept,
      `--include=${debian.packages.join(",")}`,
      `--customize-hook=cp "$1"/var/lib/apt/lists/*Release "${releases}"`,
      debian.suite,
      root,
      ...sources,
    ],
    // The image has its own early userspace, so Debian's, which has 18 MB, is not built.
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
 * Returns a command that runs another one in its own mount namespace. Empty where this machine allows none.
 *
 * mmdebstrap mounts this machine's /proc, /sys and devices below the folder. When it is killed, the mounts stay and the folder
 * cannot be deleted. The mounts of a namespace end with its last process. A container or a chroot may allow no namespace, but
 * mmdebstrap works there without one.
 */
async function inOwnMounts(): Promise<readonly string[]> {
  const command = ["unshare", "--mount"];
  return run("unshare", ["--mount", "true"]).then(
    () => command,
    () => [],
  );
}
