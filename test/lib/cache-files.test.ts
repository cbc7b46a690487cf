import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { prune } from "../../lib/cache.ts";
import { pruneFiles, usedByStacks } from "../../lib/cache-files.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { localImage } from "../../image/download.ts";
import { test } from "../support/folder.ts";

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
});

const now = Date.parse("2026-11-26T12:00:00Z");
const day = 86_400_000;

describe("pruning the cache", () => {
  const [used, old, named, back] = ["01", "02", "03", "04"].map((digits) => digits.repeat(32)) as [
    string,
    string,
    string,
    string,
  ];
  const image = (hash: string) => join(folder, "images", `${hash}.qcow2`);
  const seeds = () => join(folder, "own", "seeds");

  function file(path: string, age: number): string {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    utimesSync(path, (now - age * day) / 1000, (now - age * day) / 1000);
    return path;
  }

  function stack(name: string, text: string): void {
    mkdirSync(join(folder, "checkout"), { recursive: true });
    writeFileSync(join(folder, "checkout", name), text);
  }

  const pruned = (days = 30) =>
    pruneFiles(days, usedByStacks(join(folder, "checkout"), {}), { root: folder, seeds: seeds(), now });

  test("removes unused images, partial downloads and seeds, and no younger ones", async () => {
    stack("Pulumi.dev.yaml", "config: {}");
    const expired = [
      file(image(old), 31),
      file(`${image(old)}.manifest.json`, 31),
      file(`${image(used)}.part`, 31),
      file(join(folder, "downloads", "kubectl.part"), 31),
      file(join(folder, "downloads", `scheduler-${old}`), 31),
      file(join(seeds(), "0123456789ab.iso"), 31),
    ];
    const stays = [
      file(image(used), 29),
      // This manifest is older than its image.
      file(`${image(used)}.manifest.json`, 90),
      file(join(folder, "downloads", "pulumi.part"), 1),
      file(join(folder, "downloads", `scheduler-${used}`), 29),
      file(join(seeds(), "123456789abc.iso"), 1),
      file(join(folder, "node-image-0123456789abcdef", "node.qcow2"), 90),
      file(join(folder, "other"), 90),
    ];
    expect([...(await pruned())].sort()).toEqual([...expired].sort());
    expect(expired.filter((path) => existsSync(path))).toEqual([]);
    expect(stays.filter((path) => !existsSync(path))).toEqual([]);
    expect(await pruned()).toEqual([]);
  });

  test("keeps an image that a stack names by hash or path, also for a rollback", async () => {
    const path = image("05".repeat(32));
    stack("Pulumi.dev.yaml", `config:\n  nodeforge:imageSha256: ${named.toUpperCase()}\n`);
    stack("Pulumi.lab.yaml", `config:\n  nodeforge:previousImageSha256: ${back}\n  nodeforge:image: ${path}\n`);
    for (const each of [image(named), image(back), path, image(old)]) file(each, 400);
    expect(await pruned()).toEqual([image(old)]);
    expect([image(named), image(back), path].every((each) => existsSync(each))).toBe(true);
  });

  test("keeps a used image, and counts every use", async () => {
    stack("Pulumi.dev.yaml", "config: {}");
    const text = "an image";
    const sha256 = createHash("sha256").update(text).digest("hex");
    file(image(sha256), 400);
    writeFileSync(image(sha256), text);
    utimesSync(image(sha256), 1, 1);
    await localImage({ source: "http://host.invalid/node.qcow2", sha256 }, folder);
    const days = { root: folder, seeds: seeds() };
    expect(await pruneFiles(1, () => false, days)).toEqual([]);
    expect(readFileSync(image(sha256), "utf8")).toBe(text);
    utimesSync(image(sha256), 1, 1);
    expect(await pruneFiles(1, () => false, days)).toEqual([image(sha256)]);
  });

  test("keeps a superseded artifact that is the rollback of a stack", async () => {
    const artifacts = ["0123456789abcdef", "123456789abcdef0", "23456789abcdef01"].map((key) => `node-image-${key}`);
    artifacts.forEach((name, index) =>
      utimesSync(dirname(file(join(folder, name, "node.qcow2"), 1)), index + 1, index + 1),
    );
    stack("Pulumi.dev.yaml", `config:\n  nodeforge:previousImage: ${join(folder, artifacts[0] ?? "", "node.qcow2")}\n`);
    expect(await prune(folder, usedByStacks(join(folder, "checkout"), {}))).toEqual([artifacts[1]]);
    const environment = { NODEFORGE_IMAGE: join(folder, artifacts[2] ?? "", "node.qcow2") };
    stack("Pulumi.dev.yaml", "config: {}");
    utimesSync(join(folder, artifacts[0] ?? ""), 9, 9);
    expect(await prune(folder, usedByStacks(join(folder, "checkout"), environment))).toEqual([]);
    expect(await prune(folder, usedByStacks(join(folder, "checkout"), {}))).toEqual([artifacts[2]]);
  });

  test("removes nothing without a cache", async () => {
    expect(await pruneFiles(1, () => false, { root: join(folder, "absent"), seeds: seeds(), now })).toEqual([]);
  });
});

test("the document about operations describes the command", () => {
  const operations = readFileSync(inCheckout("docs", "operations.md"), "utf8");
  for (const words of ["`npm run cache -- prune`", "`--older-than DAYS`"]) expect(operations).toContain(words);
});
