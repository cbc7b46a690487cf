import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { parseManifest, readManifest } from "../../image/manifest-reader.ts";
import { mismatches } from "../../image/mismatch.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { describeDebian, type DebianManifest } from "../../image/debian/manifest.ts";
import { manifestPlace, manifestText } from "../../image/manifest.ts";
import { test } from "../support/folder.ts";

let image: string;
let manifest: DebianManifest;
test.beforeEach(async ({ folder }) => {
  image = join(folder, "node.qcow2");
  await writeFile(image, "a disk");
  const built = {
    packages: { systemd: "257" },
    epoch: 86_400,
    release: "ab".repeat(32),
    kernel: "6.12",
    suite: "trixie",
    marker: "",
  };
  manifest = await describeDebian(image, readDeclaration(), built);
});

describe("the place of a manifest", () => {
  test.each([
    ["/srv/node.qcow2", "/srv/node.qcow2.manifest.json"],
    ["node.qcow2", "node.qcow2.manifest.json"],
    ["https://example.test/a/node.qcow2", "https://example.test/a/node.qcow2.manifest.json"],
    ["https://example.test/node.qcow2?token=a/b", "https://example.test/node.qcow2.manifest.json?token=a/b"],
  ])("of %s is %s", (source, place) => {
    expect(manifestPlace(source)).toBe(place);
  });
});

describe("a manifest", () => {
  test("is read with the content that was written", async () => {
    await writeFile(manifestPlace(image), manifestText(manifest));
    expect(readManifest(image)).toEqual(manifest);
  });

  test("may be missing", () => {
    expect(readManifest(image)).toBe(undefined);
  });

  test.each([
    ["{", /JSON/],
    ["null", /contract/],
    [`{"contract": "1", "sha256": "${"0".repeat(64)}"}`, /contract/],
    ['{"contract": 1, "sha256": "abc"}', /sha256/],
  ])("with the text %s is refused", (text, reason) => {
    expect(() => parseManifest(text)).toThrow(reason);
  });
});

describe("an image", () => {
  test("is accepted if it has the contract and the hash of its manifest", () => {
    expect(mismatches(manifest, manifest.sha256)).toEqual([]);
  });

  test("of an older contract must be rebuilt, and one of a newer contract needs its own release", () => {
    const of = (contract: number) => mismatches({ ...manifest, contract }, manifest.sha256, 2);
    expect(of(2)).toEqual([]);
    expect(of(1)).toEqual([
      {
        expected: "an image of contract 2, which this checkout's guest scripts need (`npm run image` builds one)",
        given: "an image of contract 1",
      },
    ]);
    expect(of(3)[0]?.expected).toContain("use the release of nodeforge that the image was built with");
  });

  test("of another file is refused, in addition to a wrong contract", () => {
    const other = "0".repeat(64);
    expect(mismatches(manifest, other).map(({ given }) => given)).toEqual([`a file of SHA-256 ${other}`]);
    expect(mismatches(manifest, other, manifest.contract + 1)).toHaveLength(2);
  });
});

describe("the schema", () => {
  const schema = JSON.parse(readFileSync(inCheckout("docs", "image-manifest.schema.json"), "utf8")) as object;
  const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(schema);
  const nixos = () => {
    const { packages, ...shared } = manifest;
    expect(packages).toBeDefined();
    return {
      ...shared,
      system: "nixos",
      closureBytes: 1,
      builtFrom: {
        declaration: manifest.builtFrom.declaration,
        marker: "",
        revision: "",
        nixpkgs: "0".repeat(40),
        nixos: "26.05",
        toplevel: "/nix/store/x",
      },
    };
  };

  test("accepts the manifests that the builders write", () => {
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    expect(validate(nixos()), JSON.stringify(validate.errors)).toBe(true);
  });

  test("ignores unknown fields", () => {
    expect(validate({ ...manifest, mood: "good" })).toBe(true);
  });

  test.each(["contract", "sha256", "bytes", "system", "versions", "images", "builtFrom", "packages"])(
    "requires %s",
    (field) => {
      expect(validate(Object.fromEntries(Object.entries(manifest).filter(([name]) => name !== field)))).toBe(false);
    },
  );

  test.each([
    { contract: 0 },
    { contract: "1" },
    { sha256: "ABC" },
    { bytes: 0 },
    { system: "nixos" },
    { images: [] },
    { versions: { kubernetes: "1.36.3" } },
  ])("refuses %o", (changed) => {
    expect(validate({ ...manifest, ...changed })).toBe(false);
  });

  test("refuses a NixOS image without its sources", () => {
    expect(validate({ ...nixos(), builtFrom: manifest.builtFrom })).toBe(false);
    expect(validate({ ...nixos(), closureBytes: undefined })).toBe(false);
  });
});
