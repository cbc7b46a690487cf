import { readdir, readFile } from "node:fs/promises";
import { arch, cpus, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { chooseImage, isUrl } from "../../image/location.ts";
import { readManifest } from "../../image/manifest-reader.ts";
import type { ImageManifest } from "../../image/manifest.ts";
import { isLocal } from "../../libvirt/uri.ts";
import { virshFor } from "../../libvirt/virsh.ts";
import { checkout, inCheckout } from "../../lib/checkout.ts";
import { isOfficial } from "../../tools/plugins.ts";
import { run } from "../../lib/process.ts";
import type { Session } from "../stack/session.ts";
import { versions, type PluginName } from "../../tools/versions.ts";
import { detectDomainType, resolveDomainType } from "../../libvirt/virtualisation.ts";
import type { ImageRecord, Machine, RunRecord, Versions } from "./record.ts";

/** The part of a session that a record needs. */
export type RecordedSession = Pick<Session, "stack" | "settings" | "variables" | "capture" | "pulumi">;

/** State of everything that a run depends on, before the run. A part that cannot be read is null, because recording never fails a run. */
export type Surroundings = Pick<RunRecord, "git" | "image" | "versions" | "hypervisor" | "machine">;

/** Reads the state of the checkout, the tools and the machine; takes about a second. */
export async function readSurroundings(session: RecordedSession): Promise<Surroundings> {
  const settings = session.settings();
  const uri = settings.get("libvirtUri");
  const [git, asked] = await Promise.all([readGit(), readVersions(session, uri)]);
  return {
    git,
    image: readImage(namedImage(session), settings.get("imageSha256")),
    versions: asked,
    hypervisor:
      uri === "" ? null : { uri, domainType: resolveDomainType(settings.get("domainType"), uri, detectDomainType()) },
    machine: thisMachine(),
  };
}

/**
 * Returns the revision of a folder that is the top of a repository, and whether the user has changed files since. Returns null
 * without git, and where the folder is not the top of a repository.
 */
export async function readGit(folder = checkout): Promise<RunRecord["git"]> {
  const git = (...args: readonly string[]) => run("git", args, { cwd: folder, timeout: 30_000 });
  try {
    const [revision = "", prefix = ""] = (await git("rev-parse", "HEAD", "--show-prefix")).split("\n");
    // A repository of a parent folder is another project.
    if (prefix !== "") return null;
    // Each path ends with a NUL; the old path follows that of a renamed file.
    const changed = (await git("status", "--porcelain", "-z")).split("\0").filter(Boolean);
    const isOfTheUser = async (line: string) => {
      const file = /^ M (Pulumi\.[^/]+\.yaml)$/.exec(line)?.[1];
      if (file === undefined) return true;
      return !isSameStackFile(await git("show", `HEAD:${file}`), await readFile(join(folder, file), "utf8"));
    };
    return { revision, dirty: (await Promise.all(changed.map(isOfTheUser))).includes(true) };
  } catch {
    return null;
  }
}

/** Whether two texts of a stack's file have the same content, without the salt and the quotes that Pulumi adds. */
function isSameStackFile(one: string, other: string): boolean {
  const contentOf = (text: string) => {
    const { encryptionsalt, ...rest } = (parse(text) ?? {}) as Record<string, unknown>;
    void encryptionsalt;
    return asText(rest);
  };
  return isDeepStrictEqual(contentOf(one), contentOf(other));
}

/** Converts numbers and booleans of a value to text, as Pulumi reads a stack's settings. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, asText(part)]));
}

/** Returns the image that the stack or this session names; undefined when the program runs without one. */
function namedImage({ settings, variables }: RecordedSession): string | undefined {
  const { origin, source } = chooseImage(settings().get("image"), { ...variables });
  return origin === "cache" ? undefined : source;
}

/** Describes an image by its path or URL and the hash that the stack expects. */
export function readImage(location: string | undefined, expected: string): ImageRecord {
  const manifest = location === undefined || isUrl(location) ? undefined : manifestOf(resolve(checkout, location));
  const sha256 = expected.toLowerCase() || (manifest?.sha256 ?? null);
  return { location: location ?? null, sha256, manifest: manifest === undefined ? null : { ...manifest } };
}

/** Returns the manifest of an image; undefined when there is none, and when it cannot be read, because recording never fails a run. */
function manifestOf(image: string): ImageManifest | undefined {
  try {
    return readManifest(image);
  } catch {
    return undefined;
  }
}

async function readVersions({ capture, variables }: RecordedSession, uri: string): Promise<Versions> {
  const [pulumi, hypervisor, packages, plugins] = await Promise.all([
    capture(["version"]).then(withoutV, () => null),
    isLocal(uri) ? virshVersion(uri) : "",
    readPackages(),
    readPlugins(variables.PULUMI_HOME),
  ]);
  return {
    nodeforge: await packageVersion(checkout),
    node: withoutV(process.version),
    pulumi,
    // An output of the stack, because the image decides it.
    kubernetes: null,
    ...readVirshVersion(hypervisor),
    packages,
    plugins,
  };
}

async function virshVersion(uri: string): Promise<string> {
  // The program refuses a URI that no settings may have, and names it.
  return virshFor(uri, { limit: 10_000 })("version").catch(() => "");
}

/** Reads the output of `virsh version`. */
export function readVirshVersion(text: string): Pick<Versions, "libvirt" | "qemu"> {
  return {
    libvirt: /^Using library: libvirt (\S+)$/m.exec(text)?.[1] ?? null,
    qemu: /^Running hypervisor: QEMU (\S+)$/m.exec(text)?.[1] ?? null,
  };
}

async function readPackages(): Promise<Record<string, string>> {
  const scope = inCheckout("node_modules", "@pulumi");
  const names = (await readdir(scope).catch(() => [])).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [`@pulumi/${name}`, await packageVersion(join(scope, name))] as const)),
  );
}

async function packageVersion(folder: string): Promise<string> {
  return (JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string }).version;
}

/** Versions of the provider plugins that the engine finds, with a mark on fallback plugins. */
async function readPlugins(home: string | undefined): Promise<Record<string, string>> {
  if (home === undefined) return {};
  const there = new Set(await readdir(join(home, "plugins")).catch(() => []));
  const found = (Object.entries(versions.plugins) as [PluginName, string][]).map(async ([name, version]) => {
    if (!there.has(`resource-${name}-v${version}`)) return [];
    // This project builds the libvirt plugin itself; it has no official one.
    const isFallback = name !== "libvirt" && !(await isOfficial(home, name));
    return [[name, isFallback ? `${version} (stand-in)` : version] as const];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
}

/** Describes this machine. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    processors: processors.length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    architecture: arch(),
    kernel: release(),
  };
}

function withoutV(version: string): string {
  return version.trim().replace(/^v/, "");
}
