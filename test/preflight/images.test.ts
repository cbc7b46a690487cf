import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, vi } from "vitest";
import { parseConfig } from "../../config/index.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { manifestPlace } from "../../image/manifest.ts";
import { withVerifiedImages } from "../../preflight/images.ts";
import { test } from "../support/folder.ts";
import { imagePath, imageSha256, surroundings } from "../support/settings.ts";

const { contract } = readDeclaration();
let warnings: string[];
test.beforeEach(() => {
  warnings = [];
  vi.spyOn(pulumi.log, "warn").mockImplementation((text) => Promise.resolve(void warnings.push(text)));
});
test.afterEach(() => {
  vi.restoreAllMocks();
});

const verified = (raw: Record<string, string>) => withVerifiedImages(parseConfig(raw, surroundings));
const poolsOf = (...images: readonly string[]) => ({
  workerPools: JSON.stringify(images.map((image, index) => ({ name: `pool-${index}`, count: 1, image }))),
});
const without = expect.stringContaining(`${imagePath} has no manifest`) as string;

describe("the verified images of a configuration", () => {
  test("are files with their SHA-256; one warning names an image without a manifest", async () => {
    const { image, workerPools } = await verified(poolsOf(imagePath, imagePath));
    const found = { source: imagePath, sha256: imageSha256, manifest: undefined };
    expect([image, ...workerPools.map((pool) => pool.image)]).toEqual([found, found, found]);
    expect(workerPools.map(({ name }) => name)).toEqual(["pool-0", "pool-1"]);
    expect(warnings).toEqual([without]);
  });

  test("belong to their own pools; an image with a manifest gets no warning", async ({ folder }) => {
    const other = join(folder, "other.qcow2");
    copyFileSync(imagePath, other);
    writeFileSync(manifestPlace(other), JSON.stringify({ contract, sha256: imageSha256 }));
    const { image, workerPools } = await verified(poolsOf(other, imagePath));
    expect(image.source).toBe(imagePath);
    expect(workerPools.map((pool) => pool.image.source)).toEqual([other, imagePath]);
    expect(workerPools[0]?.image.manifest).toEqual({ contract, sha256: imageSha256 });
    expect(warnings).toEqual([without]);
    rmSync(manifestPlace(other));
  });

  test("are refused with every other problem of the configuration, without a stack trace", async () => {
    const refused = verified({ image: "/nonexistent/node.qcow2", workers: "-1" });
    await expect(refused).rejects.toThrow(pulumi.RunError);
    await expect(refused).rejects.toThrow("nodeforge:workers: expected at least 0, got -1");
    await expect(refused).rejects.toThrow(
      'nodeforge:image: expected the path of a readable node image, got "/nonexistent/node.qcow2"',
    );
    expect(warnings).toEqual([]);
  });
});
