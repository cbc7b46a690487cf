import { describe, expect, test } from "vitest";
import { imageAge, imageDate, imageDifferences } from "../../image/difference.ts";
import type { DebianManifest } from "../../image/debian/manifest.ts";
import type { ImageManifest } from "../../image/manifest.ts";

const before: DebianManifest = {
  contract: 2,
  sha256: "ab".repeat(32),
  bytes: 1,
  system: "debian",
  versions: { kubernetes: "1.36.3", linux: "6.12.110" },
  images: ["pause:1"],
  packages: { bash: "5.2", openssl: "3.5.1", "removed-tool": "1.0" },
  builtFrom: { suite: "trixie", archive: "2026-10-01T02:00:00.000Z", release: "0", declaration: "1", marker: "" },
};

const after: DebianManifest = {
  ...before,
  sha256: "cd".repeat(32),
  versions: { kubernetes: "1.36.3", linux: "6.12.118" },
  packages: { bash: "5.2", openssl: "3.5.4", chrony: "4.6.1" },
  builtFrom: { ...before.builtFrom, archive: "2026-11-24T02:12:15.000Z" },
};

describe("the differences between two images", () => {
  test("are their dates, and the programs and packages that were added, removed or changed", () => {
    expect(imageDifferences(before, after)).toEqual([
      "packages of 2026-11-24T02:12:15.000Z (before: 2026-10-01T02:00:00.000Z)",
      "programs changed: linux 6.12.110 to 6.12.118",
      "packages added: chrony 4.6.1",
      "packages removed: removed-tool 1.0",
      "packages changed: openssl 3.5.1 to 3.5.4",
    ]);
  });

  test("are none if the images are equal", () => {
    expect(imageDifferences(before, before)).toEqual([]);
  });

  test("beyond eight names are counted", () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, number) => [`lib${number}`, "1"]));
    const [line = ""] = imageDifferences({ ...before, packages: {} }, { ...before, packages: many });
    expect(line).toMatch(/^packages added: lib0 1, lib1 1, .*lib7 1 and 4 more$/);
  });

  test("include the system and the contract", () => {
    const nixos: ImageManifest = {
      ...before,
      system: "nixos",
      contract: 3,
      builtFrom: { nixpkgsDate: "2026-10-01T02:00:00.000Z" },
    };
    expect(imageDifferences(before, nixos).slice(0, 2)).toEqual([
      "system nixos (before: debian)",
      "contract 3 (before: 2)",
    ]);
  });
});

describe("the age of an image", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");

  test("is the age of its packages", () => {
    expect(imageAge(after, now)).toBe(2);
    expect(imageAge({ system: "nixos", builtFrom: { nixpkgsDate: "2026-11-25T00:00:00.000Z" } }, now)).toBe(1);
    expect(imageAge(after, Date.parse("2026-11-01T00:00:00Z"))).toBe(0);
  });

  test.each([{}, { archive: "some day" }, { archive: 7 }])(
    "is undefined without a valid date, as in %j",
    (builtFrom) => {
      expect(imageDate({ system: "debian", builtFrom })).toBeUndefined();
      expect(imageAge({ system: "debian", builtFrom }, now)).toBeUndefined();
    },
  );
});
