import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../process.ts";
import type { DebianDeclaration } from "./debian.ts";

/** What Debian's packages made. */
export interface DebianRoot {
  /** Package name to version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Seconds since 1970 of the archive the packages came from: the newest of its Release files. */
  readonly epoch: number;
}

/**
 * Installs the declared packages below an empty folder.
 *
 * The mirror is the one this machine installs its own packages from; signatures are checked against Debian's keyring.
 */
export async function bootstrap(root: string, debian: DebianDeclaration): Promise<DebianRoot> {
  const sources = await aptSources(debian.suite);
  const excluded = debian["excluded-paths"].map((path) => `--dpkgopt=path-exclude=${path}`);
  const kept = debian["kept-paths"].map((path) => `--dpkgopt=path-include=${path}`);
  const dates = `${root}.dates`;
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
      ...excluded,
      ...kept,
      `--include=${debian.packages.join(",")}`,
      `--customize-hook=grep -h ^Date: "$1"/var/lib/apt/lists/*Release > "${dates}"`,
      debian.suite,
      root,
      ...sources,
    ],
    // The image has its own early userspace: Debian's, of 18 MB, is not made.
    { timeout: 600_000, env: { INITRD: "No", LC_ALL: "C" } },
  );
  const database = join(root, "var/lib/dpkg");
  const listed = await run("dpkg-query", ["--admindir", database, "--show", "--showformat", "${Package} ${Version}\n"]);
  const released = (await readFile(dates, "utf8")).split("\n").filter(Boolean);
  await rm(dates);
  return {
    packages: Object.fromEntries(listed.split("\n").map((line) => line.split(" "))) as Record<string, string>,
    epoch: Math.max(...released.map((line) => Date.parse(line.slice("Date:".length)))) / 1000,
  };
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

/** One-line apt sources of a suite, its updates and its security fixes, on this machine's own mirrors. */
async function aptSources(suite: string): Promise<readonly string[]> {
  const format = "$(REPO_URI) $(LABEL)";
  const listed = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages", "Origin: Debian"]);
  const mirrors = new Map(listed.split("\n").map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ")[0]]));
  const [main, security] = [mirrors.get("Debian"), mirrors.get("Debian-Security")];
  if (!main)
    throw new Error("apt on this machine names no Debian mirror: add one to its sources and run `apt-get update`");
  const sources = [`deb ${main} ${suite} main`, `deb ${main} ${suite}-updates main`];
  return security ? [...sources, `deb ${security} ${suite}-security main`] : sources;
}
