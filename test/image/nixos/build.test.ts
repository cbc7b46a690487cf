import { readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, vi } from "vitest";
import { inCheckout } from "../../../lib/checkout.ts";
import { readManifest } from "../../../image/manifest-reader.ts";
import { mismatches } from "../../../image/mismatch.ts";
import { canBuild, flake, flakeMetadata } from "../../../image/nixos/nix.ts";
import { facts, nixosImage, type NixosManifest } from "../../../image/nixos/build.ts";
import { readDeclaration, versionsOf } from "../../../image/declaration.ts";
import { run } from "../../../lib/process.ts";
import { serve, sha256 } from "../../lib/release-server.ts";
import { test } from "../../support/folder.ts";

const revision = "1".repeat(40);
const nixpkgs = "2".repeat(40);
const nixpkgsDate = "2026-11-18T11:06:40.000Z";
const metadata = {
  revision,
  locks: {
    root: "root",
    nodes: {
      root: { inputs: { nixpkgs: "nixpkgs_2" } },
      nixpkgs_2: { locked: { rev: nixpkgs, lastModified: 1_795_000_000 } },
    },
  },
};
const versions = versionsOf(readDeclaration());
const toplevel = "/nix/store/0-nixos-system";

let folder: string;
const answer = (name: string, text: string | object) =>
  writeFile(join(folder, "fake", name), typeof text === "string" ? text : JSON.stringify(text));
const kvm = () => join(folder, "kvm");
const calls = async () => (await readFile(join(folder, "fake", "calls"), "utf8")).trim().split("\n");

test.beforeEach(async ({ folder: fresh }) => {
  folder = fresh;
  await mkdir(join(folder, "bin"));
  await mkdir(join(folder, "fake", "image"), { recursive: true });
  await copyFile(inCheckout("test", "image", "nixos", "fake-nix"), join(folder, "bin", "nix"));
  await chmod(join(folder, "bin", "nix"), 0o755);
  await writeFile(kvm(), "");
  vi.stubEnv("PATH", [join(folder, "bin"), process.env.PATH].join(delimiter));
  vi.stubEnv("FAKE_NIX", join(folder, "fake"));
  vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
  await answer("version", "nix (Nix) 2.31.2\n");
  await answer("metadata", metadata);
  await answer("facts", {
    record: { contract: readDeclaration().contract, marker: "red", versions },
    linux: "6.18.1",
    nixos: "26.05.20260901.abcdef0",
  });
  await answer("closure", `${toplevel}\t  1234567890\n`);
  await answer("image/nixos.qcow2", "a disk");
  await chmod(join(folder, "fake", "image", "nixos.qcow2"), 0o444);
});
test.afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a NixOS image", () => {
  test("is built from the flake and kept with its manifest", async () => {
    const path = await nixosImage(kvm());
    expect(path).toMatch(new RegExp(`^${join(folder, "cache")}/node-image-nixos-[0-9a-f]{16}/node\\.qcow2$`));
    expect(await readFile(path, "utf8")).toBe("a disk");
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect(await readdir(dirname(path))).toEqual(["node.qcow2", "node.qcow2.manifest.json"]);
    const features = "--extra-experimental-features nix-command flakes";
    const system = `${flake}#nixosConfigurations.node.config`;
    expect(await calls()).toEqual([
      `${features} flake metadata --no-write-lock-file --json ${flake}`,
      `${features} build --no-write-lock-file --no-link --print-out-paths ${system}.system.build.toplevel`,
      `${features} build --no-write-lock-file --no-link --print-out-paths ${flake}#node-image`,
      expect.stringContaining(`${features} eval --no-write-lock-file --json ${system} --apply config: {`) as string,
      expect.stringContaining("record = ") as string,
      expect.stringContaining("linux = ") as string,
      expect.stringContaining("nixos = ") as string,
      "}",
      `${features} path-info --closure-size ${toplevel}`,
    ]);
  });

  test("has a manifest that fits the schema and is accepted", async () => {
    const manifest = readManifest(await nixosImage(kvm()));
    const node = readDeclaration();
    expect(manifest).toEqual({
      contract: node.contract,
      sha256: sha256(Buffer.from("a disk")),
      bytes: 6,
      system: "nixos",
      versions: { ...versions, linux: "6.18.1" },
      declared: {},
      images: Object.values(node.image).map(({ name }) => name),
      closureBytes: 1234567890,
      builtFrom: {
        revision,
        nixpkgs,
        nixpkgsDate,
        nixos: "26.05.20260901.abcdef0",
        toplevel,
        declaration: sha256(await readFile(inCheckout("nix", "node.toml"))),
        marker: "red",
      },
    });
    const schema = JSON.parse(readFileSync(inCheckout("docs", "image-manifest.schema.json"), "utf8")) as object;
    const validate = new Ajv2020({ strictRequired: false }).compile(schema);
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    expect(mismatches(manifest!, sha256(Buffer.from("a disk")))).toEqual([]);
  });

  test("has a manifest that names the declared version of each program with another one", async () => {
    const found = { ...versions, containerd: "2.3.1", coredns: "1.14.3" };
    await answer("facts", { record: { marker: "", versions: found }, linux: "6.18.1", nixos: "26.05" });
    const { declared, versions: stated } = readManifest(await nixosImage(kvm())) as NixosManifest;
    expect(stated).toEqual({ ...found, linux: "6.18.1" });
    expect(declared).toEqual({ containerd: versions["containerd"], coredns: versions["coredns"] });
  });

  test("is built once for all commits with equal sources, and again for another nixpkgs", async () => {
    const first = await nixosImage(kvm());
    await answer("metadata", { ...metadata, revision: undefined, dirtyRevision: `${revision}-dirty` });
    expect(await nixosImage(kvm())).toBe(first);
    expect((await calls()).filter((call) => call.endsWith("#node-image"))).toHaveLength(1);
    const other = structuredClone(metadata);
    other.locks.nodes.nixpkgs_2.locked.rev = "3".repeat(40);
    await answer("metadata", other);
    expect(await nixosImage(kvm())).not.toBe(first);
    expect((await calls()).filter((call) => call.endsWith("#node-image"))).toHaveLength(2);
  });

  test.each([
    ["no image in the result", "image/nixos.qcow2", undefined, "has 0 qcow2 images"],
    ["two of them", "image/other.qcow2", "another", "has 2 qcow2 images"],
    ["no size of the closure", "closure", `${toplevel}\n`, "expected the size of the closure of"],
    ["no facts", "facts", "", "JSON"],
  ])("is not kept with %s", async (_, file, text, reason) => {
    if (text === undefined) await rm(join(folder, "fake", file));
    else await answer(file, text);
    await expect(nixosImage(kvm())).rejects.toThrow(reason);
    const kept = await readdir(join(folder, "cache"));
    expect(kept.filter((name) => !name.endsWith(".lock"))).toEqual([]);
  });

  test("is not built without KVM, but a built one can be used", async () => {
    const none = join(folder, "none");
    await expect(nixosImage(none)).rejects.toThrow(
      `the NixOS image cannot be built: Nix makes a disk in a virtual machine, and ${none} cannot be used (ENOENT). ` +
        "Fix: `npm run image -- --debian`, which needs no KVM",
    );
    expect((await calls()).filter((call) => call.includes(" build "))).toEqual([]);
    const built = await nixosImage(kvm());
    expect(await nixosImage(none)).toBe(built);
  });
});

test("the function that reads the system's facts is valid Nix", async () => {
  const record = { contract: 1, marker: "red", versions: { etcd: "3.6.8" } };
  const config = `{
    environment.etc."nodeforge/image.json".text = ${JSON.stringify(JSON.stringify(record))};
    boot.kernelPackages.kernel.version = "6.18.1";
    system.nixos.version = "26.05";
  }`;
  vi.stubEnv("PATH", process.env.PATH?.replace(`${join(folder, "bin")}${delimiter}`, ""));
  const printed = await run("nix-instantiate", ["--eval", "--strict", "--json", "--expr", `(${facts}) ${config}`]);
  expect(JSON.parse(printed)).toEqual({ record, linux: "6.18.1", nixos: "26.05" });
});

describe("the sources of the flake", () => {
  test.each([
    [{ revision }, revision],
    [{ revision: undefined, dirtyRevision: `${revision}-dirty` }, `${revision}-dirty`],
    [{ revision: undefined }, ""],
  ])("with the revision %o have the revision %j", async (changed, found) => {
    await answer("metadata", { ...metadata, ...changed });
    expect(await flakeMetadata()).toEqual({ revision: found, nixpkgs, nixpkgsDate });
  });

  test("are an error without a locked nixpkgs", async () => {
    await answer("metadata", { revision, locks: { root: "root", nodes: { root: {} } } });
    await expect(flakeMetadata()).rejects.toThrow("no locked input nixpkgs, expected one with a commit");
  });
});

describe("the ability to build with Nix", () => {
  const here = () => ({ architecture: "x64", kvm: kvm() });

  test("is missing on another architecture", async () => {
    expect(await canBuild({ architecture: "arm64" })).toEqual({
      able: false,
      reason: expect.stringContaining("arm64") as string,
    });
  });

  test("is missing without nix", async () => {
    await rm(join(folder, "bin", "nix"));
    vi.stubEnv("PATH", join(folder, "bin"));
    expect(await canBuild(here())).toEqual({ able: false, reason: "nix is not installed" });
  });

  test.each([
    ["nix (Nix) 2.8.0", "nix 2.8.0 is older than 2.18"],
    ["nix (Nix) 1.99", "nix 1.99 is older than 2.18"],
  ])("is missing with %s", async (version, reason) => {
    await answer("version", version);
    expect(await canBuild(here())).toEqual({ able: false, reason });
  });

  test.each([
    ["is missing", "none", "ENOENT"],
    ["cannot be opened", "kvm/device", "ENOTDIR"],
  ])("is missing if KVM's device %s", async (_, name, code) => {
    const device = join(folder, name);
    const reason = `Nix makes a disk in a virtual machine, and ${device} cannot be used (${code})`;
    expect(await canBuild({ ...here(), kvm: device })).toEqual({ able: false, reason });
  });

  test.skipIf(process.getuid?.() === 0)("is missing if KVM's device is read-only", async () => {
    await chmod(kvm(), 0o444);
    const reason = expect.stringContaining(`${kvm()} cannot be used (EACCES)`) as string;
    expect(await canBuild(here())).toEqual({ able: false, reason });
  });

  test("depends on the binary cache if nix is new enough", async () => {
    await answer("version", "nix (Determinate Nix 3.8.0) 2.18.1\n");
    vi.stubEnv("NODEFORGE_OFFLINE", "");
    const server = await serve({});
    try {
      expect(await canBuild({ ...here(), binaryCache: server.url })).toEqual({
        able: true,
        reason: "nix 2.18.1 can build it",
      });
    } finally {
      await server.close();
    }
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    expect(await canBuild(here())).toEqual({ able: false, reason: "Nix's binary cache is not reachable" });
  });
});
