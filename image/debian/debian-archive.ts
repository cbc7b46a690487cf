import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lib/process.ts";

/** Stands in an archive's URL for the name that Debian's mirrors give to each of its archives. */
const placeholder = "{archive}";

/**
 * Debian's archive, as a URL with `{archive}` in the place of `debian` and of `debian-security`; empty for the mirrors that apt on
 * this machine installs from. A URL of an archive of archives holds a time, and means the same packages for ever.
 * @throws when it is none.
 */
export function checkArchive(archive: string): string {
  if (archive === "" || (/^https?:\/\/[^\s"']+$/.test(archive) && archive.includes(placeholder))) return archive;
  throw new Error(
    `Debian's archive: wanted a URL with ${placeholder} in the place of debian and debian-security, ` +
      `such as the one in docs/image.md, or nothing for apt's own mirrors; given was ${JSON.stringify(archive)}`,
  );
}

/** A suite of an archive: where it is, and its name there. */
interface Source {
  readonly mirror: string;
  readonly suite: string;
}

/** A suite, its updates and its security fixes. */
async function sourcesOf(suite: string, archive: string): Promise<readonly Source[]> {
  const [main, security] = archive === "" ? await aptMirrors() : mirrorsOf(archive);
  const sources = [
    { mirror: main, suite },
    { mirror: main, suite: `${suite}-updates` },
  ];
  return security === undefined ? sources : [...sources, { mirror: security, suite: `${suite}-security` }];
}

/** One-line apt sources of a suite, its updates and its security fixes. */
export async function aptSources(suite: string, archive: string): Promise<readonly string[]> {
  return (await sourcesOf(suite, archive)).map(({ mirror, suite }) => `deb ${mirror} ${suite} main`);
}

function mirrorsOf(archive: string): readonly [string, string] {
  return [archive.replaceAll(placeholder, "debian"), archive.replaceAll(placeholder, "debian-security")];
}

/** This machine's own mirrors. */
async function aptMirrors(): Promise<readonly [string, string | undefined]> {
  const format = "$(REPO_URI) $(LABEL)";
  const listed = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages", "Origin: Debian"]);
  const mirrors = new Map(listed.split("\n").map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ")[0]]));
  const [main, security] = [mirrors.get("Debian"), mirrors.get("Debian-Security")];
  if (!main)
    throw new Error("apt on this machine names no Debian mirror: add one to its sources and run `apt-get update`");
  return [main, security];
}

/**
 * Tells the state of the archive from every other one: a hash of its Release files as they are now, in hexadecimal. They hold
 * the hashes of all that can be installed.
 *
 * apt's own program downloads them, because a machine may reach its mirror only as apt is set up to. Nothing is trusted for
 * it: what is installed later is checked against Debian's keyring.
 */
export async function readRelease(suite: string, archive: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-release-"));
  try {
    const contents: Buffer[] = [];
    for (const { mirror, suite: name } of await sourcesOf(suite, archive)) {
      const file = join(folder, name);
      await run("/usr/lib/apt/apt-helper", [
        "download-file",
        `${mirror.replace(/\/$/, "")}/dists/${name}/InRelease`,
        file,
      ]);
      contents.push(await readFile(file));
    }
    return releaseHash(contents);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The hash of an archive's Release files, whatever their order. */
export function releaseHash(files: readonly Buffer[]): string {
  const each = files.map((content) => createHash("sha256").update(content).digest("hex")).sort();
  return createHash("sha256").update(each.join("\n")).digest("hex");
}
