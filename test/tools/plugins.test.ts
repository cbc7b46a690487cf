import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import {
  buildsPlugins,
  installOfficial,
  isOfficial,
  officialNames,
  pluginModules,
  presentPulumiHome,
  privatePulumiHome,
  providePlugins,
  userPulumiHome,
} from "../../tools/plugins.ts";
import { pins, versions, type PluginName } from "../../tools/versions.ts";
import { test } from "../support/folder.ts";
import { go } from "./fake-go.ts";

vi.mock("../../tools/go.ts", async () => (await import("./fake-go.ts")).fakeGo);

const home = (folder: string) => join(folder, "home");
const cache = (folder: string) => join(folder, "cache");

test.beforeEach(async ({ folder }) => {
  go.built = [];
  go.fetched = [];
  vi.stubEnv("NODEFORGE_CACHE", cache(folder));
  vi.stubEnv("PULUMI_HOME", home(folder));
  vi.stubEnv("NODEFORGE_OFFLINE", "1");
  await mkdir(cache(folder));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** Makes a plugin's folder and returns the path of its binary. */
async function plugin(at: string, name: PluginName = "random"): Promise<string> {
  const path = join(at, "plugins", `resource-${name}-v${versions.plugins[name]}`);
  await mkdir(path, { recursive: true });
  return join(path, `pulumi-resource-${name}`);
}

/** Installs official plugins, each with a second file as the CLI leaves one. */
async function install(at: string, ...names: readonly PluginName[]): Promise<void> {
  for (const name of names) {
    const binary = await plugin(at, name);
    await writeFile(binary, `official ${name}`);
    await writeFile(join(binary, "..", "PulumiPlugin.yaml"), "runtime: go\n");
  }
}

/** Reads the files of a plugin in a home, by name. */
async function filesOf(at: string, name: PluginName): Promise<Record<string, string>> {
  const path = join(await plugin(at, name), "..");
  const names = (await readdir(path)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (file) => [file, await readFile(join(path, file), "utf8")] as const)),
  );
}

describe("a plugin", () => {
  test("in the user's PULUMI_HOME is official", async ({ folder }) => {
    await writeFile(await plugin(folder), "");
    expect(await isOfficial(folder, "random")).toBe(true);
    expect(await isOfficial(folder, "command")).toBe(false);
  });

  test("that is a link into the cache is a fallback plugin", async ({ folder }) => {
    await writeFile(join(cache(folder), "fallback"), "");
    await symlink(join(cache(folder), "fallback"), await plugin(folder));
    expect(await isOfficial(folder, "random")).toBe(false);
  });

  test("that is a link to a missing file is not installed", async ({ folder }) => {
    await symlink(join(folder, "absent"), await plugin(folder));
    expect(await isOfficial(folder, "random")).toBe(false);
  });
});

describe("the plugins of the program", () => {
  test("are in the user's PULUMI_HOME if all official ones are installed", async ({ folder }) => {
    await install(home(folder), ...officialNames);
    expect(await providePlugins("/no/cli")).toEqual({ folder: home(folder), isPrivate: false, fallbacks: [] });
    expect(go.built).toEqual(["libvirt"]);
    expect(await filesOf(home(folder), "libvirt")).toEqual({
      "pulumi-resource-libvirt": "pulumi-resource-libvirt of libvirt",
    });
  });

  test("are in nodeforge's own PULUMI_HOME if one is a fallback plugin", async ({ folder }) => {
    await install(home(folder), "random", "kubernetes");
    const own = privatePulumiHome();
    expect(await providePlugins("/no/cli")).toEqual({ folder: own, isPrivate: true, fallbacks: ["command"] });
    expect(go.built).toEqual(["libvirt", "fallback-plugins"]);
    expect(await filesOf(own, "command")).toEqual({
      "pulumi-resource-command": "pulumi-resource-command of fallback-plugins",
    });
    expect(await filesOf(own, "random")).toEqual({
      "PulumiPlugin.yaml": "runtime: go\n",
      "pulumi-resource-random": "official random",
    });
    expect(await filesOf(own, "libvirt")).toEqual({ "pulumi-resource-libvirt": "pulumi-resource-libvirt of libvirt" });
    expect((await readdir(join(home(folder), "plugins"))).sort()).toEqual(
      ["kubernetes", "random"].map((name) => `resource-${name}-v${versions.plugins[name as PluginName]}`),
    );
  });

  test("are placed by links, which a second run leaves unchanged", async ({ folder }) => {
    await install(home(folder), "random");
    await providePlugins("/no/cli");
    const binary = await plugin(privatePulumiHome(), "random");
    expect(await readlink(binary)).toBe(await plugin(home(folder), "random"));
    const log = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await providePlugins("/no/cli");
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  test("replace a fallback plugin once the official one is installed", async ({ folder }) => {
    await install(home(folder), "random");
    expect((await providePlugins("/no/cli")).fallbacks).toEqual(["command", "kubernetes"]);
    await install(home(folder), "command");
    expect((await providePlugins("/no/cli")).fallbacks).toEqual(["kubernetes"]);
    expect(await readlink(await plugin(privatePulumiHome(), "command"))).toBe(await plugin(home(folder), "command"));
    expect((await readdir(join(await plugin(privatePulumiHome(), "command"), ".."))).sort()).toEqual([
      "PulumiPlugin.yaml",
      "pulumi-resource-command",
    ]);
  });

  test("are logged as fallback plugins with the reason, once a day", async () => {
    const lines: string[] = [];
    const log = vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(String(line)) > 0);
    await providePlugins("/no/cli");
    await providePlugins("/no/cli");
    log.mockRestore();
    const isUnpinned = (name: PluginName) => pins[archiveOf(name)] === undefined;
    const unpinned = officialNames.filter(isUnpinned);
    expect(lines.filter((line) => line.includes("fallback plugins are used"))).toEqual([
      "[nodeforge] fallback plugins are used for command, kubernetes, random, because the official plugins are " +
        (unpinned.length === 0
          ? "neither installed nor available for download\n"
          : `not installed, and tools/versions.json has no SHA-256 to check a download of ${unpinned.join(", ")}\n`),
    ]);
  });
});

function archiveOf(name: PluginName): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return `pulumi-resource-${name}-v${versions.plugins[name]}-linux-${architecture}.tar.gz`;
}

describe("the modules of the plugins", () => {
  const fetchAll = async () => {
    for (const { fetch } of pluginModules()) await fetch(new AbortController().signal);
  };

  test("are fetched in the order of the builds", async () => {
    await fetchAll();
    expect(go.fetched).toEqual(["libvirt", "fallback-plugins"]);
    expect(go.built).toEqual([]);
  });

  test("are those of the libvirt plugin alone if all official ones are installed", async ({ folder }) => {
    await install(home(folder), ...officialNames);
    await fetchAll();
    expect(go.fetched).toEqual(["libvirt"]);
  });

  test("are not fetched once the plugins are built", async () => {
    await providePlugins("/no/cli");
    await fetchAll();
    expect(go.fetched).toEqual([]);
  });
});

describe("plugins are built", () => {
  /** Whether they are, where release.json has these modules. */
  const builtWith = (...released: readonly string[]) =>
    buildsPlugins(({ name }) => Promise.resolve(released.includes(name)));

  test("unless every needed module is released", async () => {
    expect(await builtWith("libvirt-plugin", "fallback-plugins")).toBe(false);
    expect(await builtWith("fallback-plugins")).toBe(true);
    expect(await builtWith()).toBe(true);
  });

  test("without released fallback plugins only where an official one is missing", async ({ folder }) => {
    // An official plugin without a known checksum is not downloaded.
    const isMissing = officialNames.some((name) => !Object.keys(pins).some((file) => file.includes(`-${name}-v`)));
    expect(await builtWith("libvirt-plugin")).toBe(isMissing);
    await install(home(folder), ...officialNames);
    expect(await builtWith("libvirt-plugin")).toBe(false);
    expect(await builtWith()).toBe(true);
  });
});

describe("an official plugin", () => {
  /** Makes a CLI that writes down its arguments and environment. */
  const cli = async (folder: string, then = "") => {
    const path = join(folder, "pulumi");
    const script = `#!/bin/sh\necho "$@" "in $PULUMI_HOME" >>${folder}/asked\n${then}\n`;
    await writeFile(path, script, { mode: 0o755 });
    return path;
  };
  const sha256 = "a".repeat(64);
  const sums = { [archiveOf("random")]: sha256 };
  const online = () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response()));
    vi.stubEnv("NODEFORGE_OFFLINE", "");
  };

  test("is installed with the checksum that versions.json has of it", async ({ folder }) => {
    online();
    expect(await installOfficial(await cli(folder), home(folder), "random", sums)).toBe(true);
    expect(await readFile(join(folder, "asked"), "utf8")).toBe(
      `plugin install resource random ${versions.plugins.random} --checksum ${sha256} in ${home(folder)}\n`,
    );
  });

  test("is not installed without a checksum", async ({ folder }) => {
    online();
    expect(await installOfficial(await cli(folder), home(folder), "random", {})).toBe(false);
    await expect(readFile(join(folder, "asked"))).rejects.toThrow("ENOENT");
  });

  test("is not installed if the CLI refuses it, and the log has the reason", async ({ folder }) => {
    online();
    const lines: string[] = [];
    const log = vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(String(line)) > 0);
    const failing = await cli(folder, "echo 'error: checksum mismatch' >&2; exit 255");
    expect(await installOfficial(failing, home(folder), "random", sums)).toBe(false);
    log.mockRestore();
    expect(lines).toEqual([
      `[nodeforge] installing the official plugin random ${versions.plugins.random} into ${home(folder)}, checked by tools/versions.json\n`,
      "[nodeforge] the installation of the official plugin random failed: error: checksum mismatch\n",
    ]);
  });

  test("is not installed while neither download site is reachable", async ({ folder }) => {
    // Reachability is remembered by the module, so this test gets a new one.
    vi.resetModules();
    const fresh = await import("../../tools/plugins.ts");
    expect(await fresh.installOfficial(await cli(folder), home(folder), "random", sums)).toBe(false);
    await expect(readFile(join(folder, "asked"))).rejects.toThrow("ENOENT");
  });
});

test("a command that needs no plugin uses the present PULUMI_HOME", async ({ folder }) => {
  const environment = { NODEFORGE_CACHE: cache(folder), PULUMI_HOME: "/own" };
  expect(presentPulumiHome(environment)).toEqual({ folder: "/own", isPrivate: false });
  await mkdir(privatePulumiHome(environment));
  expect(presentPulumiHome(environment)).toEqual({ folder: privatePulumiHome(environment), isPrivate: true });
});

describe("the user's PULUMI_HOME", () => {
  test.for([
    [{}, join(homedir(), ".pulumi")],
    [{ PULUMI_HOME: "/own" }, "/own"],
  ] as const)("is, with %o, %s", ([environment, expected]) => {
    expect(userPulumiHome(environment)).toBe(expected);
  });

  test("is never nodeforge's own", () => {
    const environment = { NODEFORGE_CACHE: "/cache" };
    expect(userPulumiHome({ ...environment, PULUMI_HOME: privatePulumiHome(environment) })).toBe(
      join(homedir(), ".pulumi"),
    );
  });
});
