import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  installOfficial,
  isOfficial,
  presentPulumiHome,
  privatePulumiHome,
  userPulumiHome,
} from "../../tools/plugins.ts";
import { versions } from "../../tools/versions.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-plugins-"));
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  await mkdir(join(folder, "cache"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function plugin(home: string): Promise<string> {
  const path = join(home, "plugins", `resource-random-v${versions.plugins.random}`);
  await mkdir(path, { recursive: true });
  return join(path, "pulumi-resource-random");
}

describe("a plugin", () => {
  test("that was installed is official", async () => {
    await writeFile(await plugin(folder), "");
    expect(await isOfficial(folder, "random")).toBe(true);
    expect(await isOfficial(folder, "command")).toBe(false);
  });

  test("that leads into the cache is a stand-in", async () => {
    await writeFile(join(folder, "cache", "stand-in"), "");
    await symlink(join(folder, "cache", "stand-in"), await plugin(folder));
    expect(await isOfficial(folder, "random")).toBe(false);
  });

  test("that leads nowhere is not installed", async () => {
    await symlink(join(folder, "absent"), await plugin(folder));
    expect(await isOfficial(folder, "random")).toBe(false);
  });
});

describe("an official plugin", () => {
  /** A CLI that writes down what it is asked for. */
  const cli = async () => {
    const path = join(folder, "pulumi");
    await writeFile(path, `#!/bin/sh\necho "$@" >>${folder}/asked\n`, { mode: 0o755 });
    return path;
  };
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const archive = `pulumi-resource-random-v${versions.plugins.random}-linux-${architecture}.tar.gz`;

  test("is installed with the checksum that versions.json has of it", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response()));
    vi.stubEnv("NODEFORGE_OFFLINE", "");
    expect(await installOfficial(await cli(), folder, "random", { [archive]: "a".repeat(64) })).toBe(true);
    expect(await readFile(join(folder, "asked"), "utf8")).toBe(
      `plugin install resource random ${versions.plugins.random} --checksum ${"a".repeat(64)}\n`,
    );
    vi.unstubAllGlobals();
  });

  test("is not installed without one", async () => {
    expect(await installOfficial(await cli(), folder, "random", {})).toBe(false);
    await expect(readFile(join(folder, "asked"))).rejects.toThrow("ENOENT");
  });
});

test("what needs no plugin works with the home that is there", async () => {
  const environment = { NODEFORGE_CACHE: join(folder, "cache"), PULUMI_HOME: "/own" };
  expect(presentPulumiHome(environment)).toEqual({ folder: "/own", isPrivate: false });
  await mkdir(privatePulumiHome(environment));
  expect(presentPulumiHome(environment)).toEqual({ folder: privatePulumiHome(environment), isPrivate: true });
});

describe("the user's PULUMI_HOME", () => {
  test.each([
    [{}, join(homedir(), ".pulumi")],
    [{ PULUMI_HOME: "/own" }, "/own"],
  ])("is, with %o, %s", (environment, expected) => {
    expect(userPulumiHome(environment)).toBe(expected);
  });

  test("is not nodeforge's, in a shell that has nodeforge's", () => {
    const environment = { NODEFORGE_CACHE: "/cache" };
    expect(userPulumiHome({ ...environment, PULUMI_HOME: privatePulumiHome(environment) })).toBe(
      join(homedir(), ".pulumi"),
    );
  });
});
