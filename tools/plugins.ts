import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, realpath, rename, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join, sep } from "node:path";
import { artifact } from "../lib/cache.ts";
import { cacheRoot } from "../lib/cache-root.ts";
import { inCheckout } from "../lib/checkout.ts";
import { buildGo, checkedByGo, goInputs, type GoProgram } from "./go.ts";
import { logLine, logDaily } from "../lib/log.ts";
import { run } from "../lib/process.ts";
import { reachable } from "../lib/reachability.ts";
import { pins, pinsFile, versions, type PluginName, type Pins } from "./versions.ts";

/** The folder the engine finds its plugins in. */
export interface PluginHome {
  /** For PULUMI_HOME. */
  readonly folder: string;
  /** Whether it is nodeforge's own, because some plugins are stand-ins. */
  readonly isPrivate: boolean;
  /** Plugins that stand in for official ones that are not to be had. */
  readonly standIns: readonly PluginName[];
}

/** Plugins that others build. */
export const officialNames: readonly PluginName[] = ["command", "kubernetes", "random"];

/** The user's own PULUMI_HOME; a shell that was given ours does not make ours the user's. */
export function userPulumiHome(environment: NodeJS.ProcessEnv = process.env): string {
  const { PULUMI_HOME } = environment;
  return PULUMI_HOME && PULUMI_HOME !== privatePulumiHome(environment) ? PULUMI_HOME : join(homedir(), ".pulumi");
}

/** A PULUMI_HOME that only nodeforge uses. */
export function privatePulumiHome(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheRoot(environment), "pulumi-home");
}

/** The PULUMI_HOME of earlier commands, for one that needs no plugin. */
export function presentPulumiHome(environment: NodeJS.ProcessEnv = process.env): Omit<PluginHome, "standIns"> {
  const own = privatePulumiHome(environment);
  return existsSync(own) ? { folder: own, isPrivate: true } : { folder: userPulumiHome(environment), isPrivate: false };
}

/**
 * Puts every plugin of the program where the engine finds it.
 *
 * Official plugins are used where they are installed, or where they can be downloaded and checked. Only where that fails are
 * stand-ins built, and then in a PULUMI_HOME of nodeforge's own, so that no other program ever gets one.
 * @param cli Path of the Pulumi CLI.
 */
export async function providePlugins(cli: string): Promise<PluginHome> {
  const userHome = userPulumiHome();
  const missing: PluginName[] = [];
  for (const name of officialNames) {
    if (!(await isOfficial(userHome, name)) && !(await installOfficial(cli, userHome, name))) missing.push(name);
  }
  const folder = missing.length > 0 ? privatePulumiHome() : userHome;
  await place(folder, "libvirt", await libvirtPlugin());
  if (missing.length === 0) return { folder, isPrivate: false, standIns: [] };

  const standIns = await standInPlugins();
  for (const name of officialNames) {
    await place(folder, name, missing.includes(name) ? standIns : pluginFolder(userHome, name));
  }
  await logDaily(`stand-ins are used for the official plugins ${missing.join(", ")}, ${whyMissing(missing)}`);
  return { folder, isPrivate: true, standIns: missing };
}

function whyMissing(missing: readonly PluginName[]): string {
  const unpinned = missing.filter((name) => pins[archiveOf(name)] === undefined);
  if (unpinned.length === 0) return "which are not to be had here";
  return `which are not installed; ${pinsFile} has no SHA-256 to check a download of ${unpinned.join(", ")} by`;
}

/** Whether a plugin is installed and is not one of ours. */
export async function isOfficial(home: string, name: PluginName): Promise<boolean> {
  const binary = join(pluginFolder(home, name), `pulumi-resource-${name}`);
  const target = await realpath(binary).catch(() => undefined);
  return target !== undefined && !target.startsWith((await realpath(cacheRoot()).catch(cacheRoot)) + sep);
}

/**
 * Installs an official plugin into the user's PULUMI_HOME; false when it cannot be had, or nothing tells what it must be: a
 * plugin sees every secret in clear.
 * @param sums What a release must be.
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
  // The CLI looks at both places, and is slow to give up on either.
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
    logLine(`that failed: ${(error as Error).message.split("\n").at(-1)}`);
    return false;
  }
}

/** Name of an official plugin's released file. */
function archiveOf(name: PluginName): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return `pulumi-resource-${name}-v${versions.plugins[name]}-linux-${architecture}.tar.gz`;
}

async function libvirtPlugin(): Promise<string> {
  const module = inCheckout("providers", "libvirt");
  const programs: readonly GoProgram[] = [
    { name: "pulumi-resource-libvirt", package: "./cmd/pulumi-resource-libvirt" },
  ];
  return artifact({
    name: "libvirt-plugin",
    inputs: await goInputs(module, programs),
    estimate: "4 min",
    checkedBy: checkedByGo,
    build: (folder) => buildGo(module, programs, folder),
  });
}

async function standInPlugins(): Promise<string> {
  const module = inCheckout("tools", "fallback-plugins");
  const programs = officialNames.map((name) => ({
    name: `pulumi-resource-${name}`,
    package: `./cmd/pulumi-resource-${name}`,
  }));
  return artifact({
    name: "stand-ins",
    inputs: await goInputs(module, programs),
    estimate: "4 min",
    checkedBy: checkedByGo,
    build: (folder) => buildGo(module, programs, folder),
  });
}

function pluginFolder(home: string, name: PluginName): string {
  return join(home, "plugins", `resource-${name}-v${versions.plugins[name]}`);
}

/** Lets a plugin's folder in a home consist of links to the files that belong to the plugin in another folder. */
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
    // Renamed into place: an engine that starts meanwhile finds the old file or the new one.
    const fresh = join(folder, `.${file}.${randomUUID()}`);
    await symlink(target, fresh);
    await rename(fresh, link);
  }
}
