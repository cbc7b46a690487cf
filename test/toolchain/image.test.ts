import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { command } from "../../toolchain/commands/image.ts";
import { imageFor } from "../../toolchain/image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-image-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const stack = (image: string) => ({ get: (key: string) => (key === "image" ? image : "") });

describe("the image of a stack", () => {
  test("is the program's own business when the stack names it", async () => {
    vi.stubEnv("NODEFORGE_IMAGE", "/nonexistent/node.qcow2");
    expect(await imageFor(stack("https://example.test/node.qcow2"))).toBe(undefined);
  });

  test("is what NODEFORGE_IMAGE names, which must be there", async () => {
    const image = join(folder, "node.qcow2");
    vi.stubEnv("NODEFORGE_IMAGE", image);
    await expect(imageFor(stack(""))).rejects.toThrow(`NODEFORGE_IMAGE names ${image}, which cannot be read`);
    await writeFile(image, "a disk");
    expect(await imageFor(stack(""))).toBe(image);
  });
});

describe("npm run image", () => {
  test.each([
    [["--nix", "--debian"], "--nix goes neither with"],
    [["--nix", "--marker", "red"], "--nix goes neither with"],
    [["--arch"], "Unknown option"],
    [["debian"], "Unexpected argument"],
  ])("refuses %j", async (args, reason) => {
    await expect(command(args)).rejects.toThrow(reason);
  });
});
