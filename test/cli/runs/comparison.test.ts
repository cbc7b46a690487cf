import { describe, expect, test } from "vitest";
import type { ReadableRun } from "../../../cli/runs/archive.ts";
import { comparison, differences, timingPairs } from "../../../cli/runs/comparison.ts";
import type { RunRecord } from "../../../cli/runs/record.ts";
import { exampleRecord } from "./example-record.ts";

const readable = (name: string, record: RunRecord): ReadableRun => ({ name, folder: `/runs/${name}`, record });

describe("two runs compared", () => {
  const first = exampleRecord();
  const second = exampleRecord({
    seconds: 1000,
    configuration: { workers: 4, workerLabels: ["disk=ssd"] },
    versions: { ...first.versions, kubernetes: "1.36.4" },
    image: { ...first.image, sha256: "cd".repeat(32) },
    timings: { master: { boot: 30 }, "worker-node-9": { boot: 61 } },
  });

  test("show the fields that differ, and no other", () => {
    expect(differences(first, second)).toEqual([
      { field: "configuration.workers", first: 1, second: 4 },
      { field: "configuration.workerLabels", first: undefined, second: ["disk=ssd"] },
      { field: "image.sha256", first: "ab".repeat(32), second: "cd".repeat(32) },
      { field: "versions.kubernetes", first: "1.36.3", second: "1.36.4" },
    ]);
    expect(differences(first, exampleRecord())).toEqual([]);
  });

  test("show the packages of the images that were added, removed or changed, and the date of the archive", () => {
    const run = (packages: Record<string, string>, date: string) =>
      exampleRecord({ image: { location: "/a", sha256: null, manifest: { packages, builtFrom: { archive: date } } } });
    const [old, fresh] = [
      run({ bash: "5", openssl: "3.5.1", gone: "1" }, "2026-10-01"),
      run({ bash: "5", openssl: "3.5.4", chrony: "4" }, "2026-11-24"),
    ];
    expect(differences(old, fresh)).toEqual([
      { field: "image.manifest.packages.openssl", first: "3.5.1", second: "3.5.4" },
      { field: "image.manifest.packages.gone", first: "1", second: undefined },
      { field: "image.manifest.builtFrom.archive", first: "2026-10-01", second: "2026-11-24" },
      { field: "image.manifest.packages.chrony", first: undefined, second: "4" },
    ]);
  });

  test("show the timings of both side by side, also where one has none", () => {
    expect(timingPairs(first, second)).toEqual([
      { what: "the whole run", first: 500, second: 1000 },
      { what: "master boot", first: 60, second: 30 },
      { what: "master init", first: 40.5, second: undefined },
      { what: "worker-node-1 join", first: 12, second: undefined },
      { what: "cluster ready", first: 3, second: undefined },
      { what: "worker-node-9 boot", first: undefined, second: 61 },
    ]);
  });

  test("are text with the ratio of the second to the first", () => {
    const text = comparison(readable("one", first), readable("other", second));
    expect(text).toMatch(/^ +one +other$/m);
    expect(text).toMatch(/^configuration\.workers +1 +4$/m);
    expect(text).toMatch(/^the whole run +500 +1000 +2\.00$/m);
    expect(text).toMatch(/^master boot +60 +30 +0\.50$/m);
    expect(text).toMatch(/^worker-node-9 boot +- +61 +-$/m);
  });

  test("that are equal are described as equal", () => {
    const text = comparison(readable("one", first), readable("other", exampleRecord()));
    expect(text).toContain("configuration, versions and image are the same");
    expect(text).toMatch(/^the whole run +500 +500 +1\.00$/m);
  });
});
