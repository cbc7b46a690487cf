import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../lib/digest.ts";
import { run } from "../../lib/process.ts";

/** Placeholder in an archive's URL for `debian` and `debian-security`, as Debian's mirrors name them. */
const placeholder = "{archive}";

/**
 * Checks the URL of Debian's archive and returns it. It contains `{archive}` in the place of `debian` and `debian-security`.
 * Empty: the mirrors of this machine's apt. A URL of a snapshot archive contains a time, so its packages never change.
 * @throws when it is not such a URL.
 */
export function checkArchive(archive: string): string {
  if (archive === "" || (/^https?:\/\/[^\s"']+$/.test(archive) && archive.includes(placeholder))) return archive;
  throw new Error(
    `Debian's archive is ${JSON.stringify(archive)}, expected a URL with ${placeholder} in the place of debian and ` +
      `debian-security, such as the one in docs/image.md, or nothing for the mirrors of this machine's apt`,
  );
}

/** A suite of an archive. */
interface Source {
  readonly mirror: string;
  readonly suite: string;
}

/** Returns a suite, its updates and its security fixes. */
async function sourcesOf(suite: string, archive: string): Promise<readonly Source[]> {
  const [main, security] = archive === "" ? await aptMirrors() : mirrorsOf(archive);
  const sources = [
    { mirror: main, suite },
    { mirror: main, suite: `${suite}-updates` },
  ];
  return security === undefined ? sources : [...sources, { mirror: security, suite: `${suite}-security` }];
}

/** Returns one-line apt sources of a suite, its updates and its security fixes. */
export async function aptSources(suite: string, archive: string): Promise<readonly string[]> {
  return (await sourcesOf(suite, archive)).map(({ mirror, suite }) => `deb ${mirror} ${suite} main`);
}

function mirrorsOf(archive: string): readonly [string, string] {
  return [archive.replaceAll(placeholder, "debian"), archive.replaceAll(placeholder, "debian-security")];
}

/** Returns the mirrors of this machine's apt: Debian's, and that of its security fixes if there is one. */
async function aptMirrors(): Promise<readonly [string, string | undefined]> {
  const format = "$(REPO_URI) $(LABEL)";
  const listed = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages", "Origin: Debian"]);
  const mirrors = new Map(listed.split("\n").map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ")[0]]));
  const [main, security] = [mirrors.get("Debian"), mirrors.get("Debian-Security")];
  if (!main)
    throw new Error("this machine's apt has no Debian mirror. Fix: add one to its sources and run `apt-get update`");
  return [main, security];
}

/**
 * Returns a hash of the archive's present Release files, in hexadecimal. It identifies the state of the archive, because the
 * Release files contain the hashes of all packages.
 *
 * apt's helper downloads them, because a machine may reach its mirror only through apt's configuration. The result is not
 * trusted: the installation checks Debian's signatures later.
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

/** Returns one hash of an archive's Release files. Their order does not change it. */
export function releaseHash(files: readonly Buffer[]): string {
  const each = files.map((content) => sha256(content)).sort();
  return sha256(each.join("\n"));
}
