import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { command } from "../../cli/commands/image.ts";
import { chooseImage } from "../../image/location.ts";
import { rememberedOrigin, rememberedSystem, rememberSystem } from "../../image/remembered.ts";
import { originInputs } from "../../image/debian-image.ts";
import { provideImage } from "../../image/provide.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-image-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe("the image of a stack", () => {
  test("is the program's own business when the stack names it", async () => {
    vi.stubEnv("NODEFORGE_IMAGE", "/nonexistent/node.qcow2");
    expect(await provideImage(chooseImage("https://example.test/node.qcow2"))).toBe(undefined);
  });

  test("is what NODEFORGE_IMAGE names, which must be there", async () => {
    const image = join(folder, "node.qcow2");
    vi.stubEnv("NODEFORGE_IMAGE", image);
    await expect(provideImage(chooseImage(""))).rejects.toThrow(`NODEFORGE_IMAGE names ${image}, which cannot be read`);
    await writeFile(image, "a disk");
    expect(await provideImage(chooseImage(""))).toBe(image);
  });
});

describe("what a Debian image comes from", () => {
  test("is part of its key only where it was chosen", () => {
    expect(originInputs({})).toEqual([]);
    expect(originInputs({ archive: "" })).toEqual([]);
    const [one, other] = [{ archive: "http://a/{archive}" }, { release: "ab" }];
    expect(originInputs(one)).toEqual(["archive http://a/{archive}", "release "]);
    expect(originInputs(other)).toEqual(["archive ", "release ab"]);
  });

  test("is remembered with the system, as far as it was chosen", async () => {
    const file = join(folder, "node-image");
    for (const origin of [{}, { archive: "" }, { archive: "http://a/{archive}", release: "ab" }, { release: "ab" }]) {
      await rememberSystem("debian", file, origin);
      expect(rememberedSystem(file)).toBe("debian");
      expect(rememberedOrigin(file)).toEqual(origin);
    }
    await rememberSystem("nixos", file);
    expect(rememberedOrigin(file)).toEqual({});
    expect(rememberedOrigin(join(folder, "absent"))).toEqual({});
  });

  test("is said of a checkout of an earlier release, which named the system alone", async () => {
    const file = join(folder, "node-image");
    await writeFile(file, "debian\n");
    expect([rememberedSystem(file), rememberedOrigin(file)]).toEqual(["debian", {}]);
  });
});

describe("npm run image", () => {
  test.each([
    [["--nix", "--debian"], "--nix excludes --debian"],
    [["--nix", "--marker", "red"], "--nix excludes --marker"],
    [["--nix", "--fresh"], "--nix excludes --fresh and --archive"],
    [["--nix", "--archive", ""], "--nix excludes --fresh and --archive"],
    [["--marker", "red", "--fresh"], "--marker excludes --fresh and --archive"],
    [["--arch"], "unknown option '--arch'\n(Did you mean --archive?)"],
    [["debian"], "too many arguments"],
  ])("refuses %j", async (args, reason) => {
    await expect(command(args)).rejects.toThrow(reason);
  });
});
