import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { readHeader } from "../../image/inspect.ts";
import { readQcow2 } from "../../image/qcow2.ts";
import { checkImage } from "../../cli/roll/roll.ts";
import { qcow2 } from "../support/qcow2.ts";
import { allProblemsOf, imagesOf } from "../support/settings.ts";
import { sharedFolder } from "../support/folder.ts";

const folder = sharedFolder();

const alone = "a qcow2 image without a backing file (`qemu-img convert` makes one)";
const inside = "a qcow2 image without an external data file (`qemu-img convert` makes one)";
const undamaged = "a qcow2 image that is undamaged and of known features (`qemu-img check`)";

describe("the header of an image", () => {
  it("states the size of the disk", () => {
    expect(readQcow2(qcow2())).toEqual({ virtualBytes: 2 ** 30 });
  });

  it.each<[string, Parameters<typeof qcow2>[0], string | undefined]>([
    ["another magic number", { 0: 0x514649fa }, "a qcow2 image"],
    ["version 1", { 4: 1 }, "a qcow2 image of version 2 or 3"],
    ["version 4", { 4: 4 }, "a qcow2 image of version 2 or 3"],
    ["version 2", { 4: 2 }, undefined],
    ["a backing file", { 8: 512n }, alone],
    ["encryption", { 32: 2 }, "a qcow2 image without encryption"],
    ["a dirty bit", { 72: 1n }, undamaged],
    ["a corrupt bit", { 72: 2n }, undamaged],
    ["an external data file", { 72: 4n }, inside],
    ["a compression type", { 72: 8n }, undefined],
    ["extended L2 entries", { 72: 16n }, undefined],
    ["a feature of the future", { 72: 32n }, undamaged],
    ["a backing file's name", { 16: 11 }, alone],
    ["clusters that are too small", { 20: 8 }, "a qcow2 image with clusters of 512 bytes to 2 MiB"],
    ["clusters that are too large", { 20: 22 }, "a qcow2 image with clusters of 512 bytes to 2 MiB"],
    ["an empty disk", { 24: 0n }, "a qcow2 image of a disk that is not empty"],
  ])("with %s is checked", (_, changed, expected) => {
    expect(readQcow2(qcow2(changed)).expected).toBe(expected);
  });

  it.each<[string, readonly (readonly [number, Buffer])[], string | undefined]>([
    ["the name of a data file", [[0x44415441, Buffer.from("/etc/shadow")]], inside],
    [
      "a data file, behind another extension,",
      [
        [0x6803f857, Buffer.alloc(5)],
        [0x44415441, Buffer.from("/etc/shadow")],
      ],
      inside,
    ],
    ["encryption", [[0x0537be77, Buffer.alloc(16)]], "a qcow2 image without encryption"],
    ["names of features", [[0x6803f857, Buffer.alloc(96)]], undefined],
    [
      "a data file, behind the end,",
      [
        [0, Buffer.alloc(0)],
        [0x44415441, Buffer.from("/etc/shadow")],
      ],
      undefined,
    ],
  ])("with an extension for %s is checked", (_, extensions, expected) => {
    expect(readQcow2(qcow2({}, extensions)).expected).toBe(expected);
  });

  it.each([
    [0, "a qcow2 image"],
    [8, "a complete qcow2 image"],
    [103, "a complete qcow2 image"],
  ])("of %i bytes is too short", (length, expected) => {
    expect(readQcow2(qcow2().subarray(0, length))).toEqual({ expected, virtualBytes: 0 });
  });
});

describe("an image that qemu-img makes", () => {
  const secret = join(folder, "secret");
  writeFileSync(secret, "the hypervisor's own secret".padEnd(512));
  const create = async (name: string, ...args: string[]) => {
    const path = join(folder, name);
    await execa("qemu-img", ["create", "-q", "-f", "qcow2", ...args, path, "1M"], { timeout: 30_000 });
    return path;
  };

  it("is accepted if it refers to no other file", async () => {
    const path = await create("alone.qcow2");
    expect(readQcow2(readFileSync(path))).toEqual({ virtualBytes: 2 ** 20 });
    expect((await checkImage({ source: path, sha256: "" })).source).toBe(path);
  });

  it.each([
    ["a backing file", alone, ["-b", secret, "-F", "raw"]],
    ["an external data file", inside, ["-o", `data_file=${join(folder, "data")}`]],
    ["an external raw data file", inside, ["-o", `data_file=${join(folder, "raw")},data_file_raw=on`]],
  ])("is refused with %s by the configuration, by a pool and by roll", async (_, expected, args) => {
    const path = await create("evil.qcow2", ...args);
    expect(await allProblemsOf({ image: path })).toEqual([{ key: "image", expected, given: JSON.stringify(path) }]);
    const pools = JSON.stringify([{ name: "big", count: 1, image: path }]);
    expect(await allProblemsOf({ workerPools: pools })).toEqual([
      { key: "workerPools[0].image", expected, given: JSON.stringify(path) },
    ]);
    await expect(checkImage({ source: path, sha256: "" })).rejects.toThrow(
      `the image ${path} cannot be used: expected ${expected}`,
    );
  });

  it.each([
    ["old.qcow2", "-o", "compat=0.10"],
    ["zstd.qcow2", "-o", "compression_type=zstd"],
    ["large-clusters.qcow2", "-o", "cluster_size=2M"],
  ])("is accepted as %s", async (name, ...args) => {
    expect(readHeader(await create(name, ...args))).toEqual({ virtualBytes: 2 ** 20 });
  });

  it.each(["50%.qcow2", "a?b.qcow2", "a#b.qcow2"])(
    "is refused as %s, because the provider reads another path",
    async (name) => {
      const path = join(folder, name);
      writeFileSync(path, qcow2());
      expect(await allProblemsOf({ image: path })).toEqual([
        { key: "image", expected: "a path without %, ?, # and colons", given: JSON.stringify(path) },
      ]);
    },
  );

  it("may have spaces in its path, and colons after a slash", async () => {
    const path = join(folder, "a b:c.qcow2");
    writeFileSync(path, qcow2());
    expect((await imagesOf({ image: path }))[0]?.source).toBe(path);
  });

  it("is refused if its disk is smaller", async () => {
    const path = join(folder, "large.qcow2");
    await execa("qemu-img", ["create", "-q", "-f", "qcow2", path, "21G"], { timeout: 30_000 });
    expect(await allProblemsOf({ image: path, masterDiskGiB: "21" })).toEqual([
      { key: "workerDiskGiB", expected: "at least 21, the size of its image", given: "20" },
    ]);
  });
});
