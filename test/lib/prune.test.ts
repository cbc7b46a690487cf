import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { prune } from "../../lib/cache.ts";
import { pruneFiles, usedByStacks } from "../../lib/cache-files.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { localImage } from "../../image/download.ts";
import { pruneRuns } from "../../cli/runs/prune.ts";
import { processIdentity } from "../../lib/process-identity.ts";
import { writeRecord, type RunRecord } from "../../cli/runs/record.ts";
import { exampleRecord } from "../cli/runs/example-record.ts";
import { test } from "../support/folder.ts";

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
});

const now = Date.parse("2026-11-26T12:00:00Z");
const day = 86_400_000;

describe("pruning runs", () => {
  const run = async (name: string, changed: Partial<RunRecord> = {}) => {
    mkdirSync(join(folder, name));
    await writeRecord(join(folder, name), exampleRecord(changed));
  };
  const left = () => readdirSync(folder).sort();

  test("removes runs, diagnoses and broken records beyond the age, and no younger ones", async () => {
    await run("2026-10-01T10-00-00Z-dev");
    mkdirSync(join(folder, "2026-10-02T10-00-00Z-dev-diagnose", "nodes"), { recursive: true });
    await run("2026-10-03T10-00-00Z-dev", { formatVersion: 2 as 1 });
    await run("2026-11-25T10-00-00Z-dev");
    await run("2026-11-26T10-00-00Z-dev");
    const old = ["2026-10-01T10-00-00Z-dev", "2026-10-02T10-00-00Z-dev-diagnose", "2026-10-03T10-00-00Z-dev"];
    expect(await pruneRuns(60, folder, now)).toEqual([]);
    expect(await pruneRuns(30, folder, now)).toEqual(old);
    expect(left()).toEqual(["2026-11-25T10-00-00Z-dev", "2026-11-26T10-00-00Z-dev"]);
  });

  test("keeps the last run of each stack and a running one, whatever their age", async () => {
    await run("2025-01-01T10-00-00Z-lab", { stack: "lab", outcome: "running", process: await processIdentity() });
    await run("2025-01-02T10-00-00Z-lab", { stack: "lab", outcome: "running", process: "gone/1/1" });
    await run("2025-01-03T10-00-00Z-lab", { stack: "lab" });
    await run("2025-01-04T10-00-00Z-dev", { stack: "dev" });
    await run("2025-01-05T10-00-00Z-dev", { stack: "dev" });
    expect(await pruneRuns(1, folder, now)).toEqual(["2025-01-02T10-00-00Z-lab", "2025-01-04T10-00-00Z-dev"]);
    expect(left()).toHaveLength(3);
  });

  test("keeps folders without the name of a run, and the target of a link", async () => {
    mkdirSync(join(folder, "mine"));
    mkdirSync(join(folder, "2025-99-99T10-00-00Z-dev"));
    writeFileSync(join(folder, "2025-01-01T10-00-00Z-notes"), "");
    mkdirSync(join(folder, "2025-01-01T10-00-00Z-dev"));
    writeFileSync(join(folder, "mine", "precious"), "");
    symlinkSync(join(folder, "mine"), join(folder, "2025-01-01T10-00-00Z-dev", "link"));
    symlinkSync(join(folder, "mine"), join(folder, "2025-01-01T10-00-00Z-link"));
    expect(await pruneRuns(1, folder, now)).toEqual(["2025-01-01T10-00-00Z-dev"]);
    expect(existsSync(join(folder, "mine", "precious"))).toBe(true);
    expect(left()).toHaveLength(4);
  });

  test("removes nothing from a checkout without runs", async () => {
    expect(await pruneRuns(1, join(folder, "absent"), now)).toEqual([]);
  });
});

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
      file(join(seeds(), "0123456789ab.iso"), 31),
    ];
    const stays = [
      file(image(used), 29),
      // This manifest is older than its image.
      file(`${image(used)}.manifest.json`, 90),
      file(join(folder, "downloads", "pulumi.part"), 1),
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

test("the documents describe the commands", () => {
  const operations = readFileSync(inCheckout("docs", "operations.md"), "utf8");
  for (const words of ["`npm run runs -- prune`", "`npm run cache -- prune`", "`--older-than DAYS`"])
    expect(operations).toContain(words);
  expect(readFileSync(inCheckout("docs", "run-record.md"), "utf8")).toContain("npm run runs -- prune");
});
