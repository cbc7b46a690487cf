import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, realpath, rename, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join, sep } from "node:path";
import { cacheRoot } from "../lib/cache-root.ts";
import { inCheckout } from "../lib/checkout.ts";
import type { Transfer } from "../lib/transfers.ts";
import type { GoModule } from "./go-module.ts";
import { logLine, logDaily } from "../lib/log.ts";
import { run } from "../lib/process.ts";
import { reachable } from "../lib/reachability.ts";
import { isReleased, moduleFolder, moduleTransfer } from "./released-module.ts";
import { pins, pinsFile, versions, type PluginName, type Pins } from "./versions.ts";

/** Folder in which the engine finds its plugins. */
export interface PluginHome {
  /** Value of PULUMI_HOME. */
  readonly folder: string;
  /** Whether only nodeforge uses the folder, because it contains fallback plugins. */
  readonly isPrivate: boolean;
  /** Names of the plugins that are fallbacks, because the official ones are unavailable. */
  readonly fallbacks: readonly PluginName[];
}

/** Names of the plugins that have an official release. */
export const officialNames: readonly PluginName[] = ["command", "kubernetes", "random"];

/** Returns the user's own PULUMI_HOME. The value of a shell that has nodeforge's PULUMI_HOME is ignored. */
export function userPulumiHome(environment: NodeJS.ProcessEnv = process.env): string {
  const { PULUMI_HOME } = environment;
  return PULUMI_HOME && PULUMI_HOME !== privatePulumiHome(environment) ? PULUMI_HOME : join(homedir(), ".pulumi");
}

/** Returns the PULUMI_HOME that only nodeforge uses. */
export function privatePulumiHome(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheRoot(environment), "pulumi-home");
}

/** Returns the PULUMI_HOME of earlier commands, for a command that needs no plugin. */
export function presentPulumiHome(environment: NodeJS.ProcessEnv = process.env): Omit<PluginHome, "fallbacks"> {
  const own = privatePulumiHome(environment);
  return existsSync(own) ? { folder: own, isPrivate: true } : { folder: userPulumiHome(environment), isPrivate: false };
}

/**
 * Places every plugin of the program in a folder in which the engine finds it.
 *
 * An official plugin is used if it is installed, or if it can be downloaded and checked. Otherwise a fallback plugin is used.
 * It is placed in nodeforge's own PULUMI_HOME, so that no other program uses it. A plugin of this project is released or built.
 * @param cli Path of the Pulumi CLI.
 */
export async function providePlugins(cli: string): Promise<PluginHome> {
  const userHome = userPulumiHome();
  const isAvailable = async (name: PluginName) =>
    (await isOfficial(userHome, name)) || (await installOfficial(cli, userHome, name));
  // Downloads leave the processors to the build.
  const [available, libvirt] = await Promise.all([
    Promise.all(officialNames.map(isAvailable)),
    moduleFolder(libvirtPlugin),
  ]);
  const missing = officialNames.filter((_, index) => !available[index]);
  const folder = missing.length > 0 ? privatePulumiHome() : userHome;
  await place(folder, "libvirt", libvirt);
  if (missing.length === 0) return { folder, isPrivate: false, fallbacks: [] };

  const fallbacks = await moduleFolder(fallbackPlugins);
  for (const name of officialNames) {
    await place(folder, name, missing.includes(name) ? fallbacks : pluginFolder(userHome, name));
  }
  await logDaily(`fallback plugins are used for ${missing.join(", ")}, because ${whyMissing(missing)}`);
  return { folder, isPrivate: true, fallbacks: missing };
}

function whyMissing(missing: readonly PluginName[]): string {
  const unpinned = missing.filter((name) => pins[archiveOf(name)] === undefined);
  if (unpinned.length === 0) return "the official plugins are neither installed nor available for download";
  return `the official plugins are not installed, and ${pinsFile} has no SHA-256 to check a download of ${unpinned.join(", ")}`;
}

/** Whether a plugin is installed and is neither a fallback plugin nor nodeforge's own. */
export async function isOfficial(home: string, name: PluginName): Promise<boolean> {
  const binary = join(pluginFolder(home, name), `pulumi-resource-${name}`);
  const target = await realpath(binary).catch(() => undefined);
  return target !== undefined && !target.startsWith((await realpath(cacheRoot()).catch(cacheRoot)) + sep);
}

/**
 * Installs an official plugin into the user's PULUMI_HOME. A plugin sees every secret in clear, so a release without a known
 * checksum is not installed.
 * @param sums Checksums of the releases.
 * @returns whether it is installed.
 */
export async function installOfficial(
  cli: string,
  home: string,
  name: PluginName,
  sums: Pins = pins,
): Promise<boolean> {
  const version = versions.plugins[name];
  const sha256 = sums[archiveOf(name)];
  if (sha256 === undefined) return false;
  // The CLI tries both places, and takes long to give up on either.
  const places = await Promise.all(["https://api.github.com", "https://get.pulumi.com"].map(reachable));
  if (!places.includes(true)) return false;
  logLine(`installing the official plugin ${name} ${version} into ${home}, checked by ${pinsFile}`);
  try {
    await run(cli, ["plugin", "install", "resource", name, version, "--checksum", sha256], {
      env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: 300_000,
    });
    return true;
  } catch (error) {
    logLine(`the installation of the official plugin ${name} failed: ${(error as Error).message.split("\n").at(-1)}`);
    return false;
  }
}

/** Returns the name of an official plugin's released file. */
function archiveOf(name: PluginName): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return `pulumi-resource-${name}-v${versions.plugins[name]}-linux-${architecture}.tar.gz`;
}

const programOf = (name: PluginName) => ({
  name: `pulumi-resource-${name}`,
  package: `./cmd/pulumi-resource-${name}`,
});

const libvirtPlugin: GoModule = {
  name: "libvirt-plugin",
  folder: inCheckout("providers", "libvirt"),
  programs: [programOf("libvirt")],
  estimate: "1 min",
};

const fallbackPlugins: GoModule = {
  name: "fallback-plugins",
  folder: inCheckout("tools", "fallback-plugins"),
  programs: officialNames.map(programOf),
  estimate: "1 min",
};

/** The modules with the plugins that are built. */
export const pluginSets: readonly GoModule[] = [libvirtPlugin, fallbackPlugins];

/** Whether {@link providePlugins} certainly builds plugins, because release.json has none of the same sources. */
export async function buildsPlugins(released: typeof isReleased = isReleased): Promise<boolean> {
  if (!(await released(libvirtPlugin))) return true;
  return (await needsFallbacks()) && !(await released(fallbackPlugins));
}

/** Whether an official plugin is not installed, and cannot be downloaded and checked. */
async function needsFallbacks(): Promise<boolean> {
  const home = userPulumiHome();
  const isMissing = async (name: PluginName) => pins[archiveOf(name)] === undefined && !(await isOfficial(home, name));
  return (await Promise.all(officialNames.map(isMissing))).includes(true);
}

/** Returns the transfers of the modules that {@link providePlugins} certainly needs, in the order of its builds. */
export function pluginModules(): readonly Transfer[] {
  const modules = moduleTransfer(fallbackPlugins);
  const fallbacks: Transfer = {
    ...modules,
    fetch: async (signal) => {
      if (await needsFallbacks()) await modules.fetch(signal);
    },
  };
  return [moduleTransfer(libvirtPlugin), fallbacks];
}

function pluginFolder(home: string, name: PluginName): string {
  return join(home, "plugins", `resource-${name}-v${versions.plugins[name]}`);
}

/** Fills a plugin's folder in a home with links to the files of the plugin in another folder. */
async function place(home: string, name: PluginName, source: string): Promise<void> {
  const folder = pluginFolder(home, name);
  await mkdir(folder, { recursive: true });
  const binary = `pulumi-resource-${name}`;
  const files = source === pluginFolder(userPulumiHome(), name) ? await readdir(source) : [binary];
  for (const file of files) {
    const link = join(folder, file);
    const target = join(source, file);
    if ((await readlink(link).catch(() => undefined)) === target) continue;
    logLine(`placing ${file} in ${home}`);
    // The rename lets an engine that starts meanwhile find the old file or the new one.
    const fresh = join(folder, `.${file}.${randomUUID()}`);
    await symlink(target, fresh);
    await rename(fresh, link);
  }
}
