import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { chooseImage } from "../../image/location.ts";
import { provideImage } from "../../image/provide.ts";
import { test } from "../support/folder.ts";

afterEach(() => void vi.unstubAllEnvs());

describe("the image of a stack", () => {
  test("is not provided when the stack names one, because the program reads that one", async () => {
    vi.stubEnv("NODEFORGE_IMAGE", "/nonexistent/node.qcow2");
    expect(await provideImage(chooseImage("https://example.test/node.qcow2"))).toBe(undefined);
  });

  test("is the readable file that NODEFORGE_IMAGE names", async ({ folder }) => {
    const image = join(folder, "node.qcow2");
    vi.stubEnv("NODEFORGE_IMAGE", image);
    await expect(provideImage(chooseImage(""))).rejects.toThrow(`NODEFORGE_IMAGE names ${image}, which cannot be read`);
    await writeFile(image, "a disk");
    expect(await provideImage(chooseImage(""))).toBe(image);
  });
});
