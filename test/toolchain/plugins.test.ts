import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isOfficial, privatePulumiHome, userPulumiHome } from "../../toolchain/plugins.ts";
import { versions } from "../../toolchain/versions.ts";

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
