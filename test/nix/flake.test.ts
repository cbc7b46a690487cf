import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { scriptText, type GuestScript } from "../../guest/script.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { pins, versions } from "../../tools/versions.ts";
import { evaluate } from "../support/parity/nixos.ts";
import { nixpkgsLib } from "../support/parity/nixpkgs-lib.ts";

interface Machine {
  readonly name: string;
  readonly failedAssertions: readonly string[];
  readonly services: readonly string[];
  readonly daemon: boolean;
  readonly options: readonly string[];
}

interface Shell {
  readonly variables: Readonly<Record<string, string>>;
  readonly tools: Readonly<Record<string, string>>;
  readonly downloads: readonly { readonly url: string; readonly sha256: string }[];
}

interface Flake {
  readonly shells: Readonly<Record<string, Shell>>;
  readonly apps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly outputs: readonly string[];
  readonly packages: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly user: { readonly failedAssertions: readonly string[]; readonly extraTcp: readonly number[] };
  readonly record: { readonly versions: Readonly<Record<string, string>> };
  readonly versions: Readonly<Record<string, readonly string[]>>;
  readonly checks: Readonly<
    Record<string, { readonly testScript: string; readonly nodes: Readonly<Record<string, Machine>> }>
  >;
}

const lib = nixpkgsLib();
let flake: Flake;
beforeAll(async () => {
  if (!lib) return;
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-flake-"));
  const [, documented = ""] = /```nix\n(.*?)```/s.exec(readFileSync("docs/nixos.md", "utf8")) ?? [];
  const user = join(folder, "flake.nix");
  writeFileSync(user, documented);
  flake = (await evaluate(`import ./nix/tests/flake.nix { nixpkgsLib = ${lib}; user = ${user}; }`)) as Flake;
  return () => rmSync(folder, { recursive: true });
});

describe.skipIf(lib === undefined)("the flake, evaluated", () => {
  it("offers apps, checks, shells, a formatter, configurations and images", () => {
    expect(flake.outputs).toEqual(["apps", "checks", "devShells", "formatter", "nixosConfigurations", "packages"]);
  });

  it("has an app for `up` on each architecture, which is the default", () => {
    const apps = { default: "nodeforge-up", up: "nodeforge-up" };
    expect(flake.apps).toEqual({ "x86_64-linux": apps, "aarch64-linux": apps });
  });

  it.each([
    ["x86_64-linux", "x64", "amd64"],
    ["aarch64-linux", "arm64", "arm64"],
  ])("has a shell for %s with the Pulumi and the kubectl of versions.json, by their checksums", (system, node, go) => {
    const { tools, downloads, variables } = flake.shells[system] ?? { tools: {}, downloads: [], variables: {} };
    expect(tools).toMatchObject({ pulumi: versions.pulumi, kubectl: versions.kubernetes });
    expect(Object.keys(tools)).toEqual(expect.arrayContaining(["nodejs_24", "go", "libvirt", "cdrkit", "libxslt"]));
    const files = [`pulumi-v${versions.pulumi}-linux-${node}.tar.gz`, `kubectl-v${versions.kubernetes}-linux-${go}`];
    expect(downloads.map(({ sha256 }) => sha256).sort()).toEqual(files.map((file) => pins[file]).sort());
    expect(variables).toEqual({
      NODEFORGE_NIX_NODE: expect.stringMatching(/^\/nix\/store\/.*-nodejs_24\/bin\/node$/) as string,
      GOTOOLCHAIN: "auto",
    });
  });

  it("has disks for BIOS, where the architecture has one, and for EFI", () => {
    expect(flake.packages).toEqual({
      "x86_64-linux": {
        default: "qemu",
        "node-image": "qemu",
        "node-image-raw": "raw",
        "node-image-efi": "qemu-efi",
      },
      "aarch64-linux": {
        default: "qemu-efi",
        "node-image": "qemu-efi",
        "node-image-raw": "raw-efi",
        "node-image-efi": "qemu-efi",
      },
    });
  });

  it("allows only versions of declared programs: the declared series and others of the same major", () => {
    const { program, image } = readDeclaration();
    const declared = [...program, { name: "coredns", version: image.coredns.version ?? "" }];
    expect(Object.keys(flake.versions).sort()).toEqual(declared.map(({ name }) => name).sort());
    for (const { name, version } of declared) {
      const series = flake.versions[name] ?? [];
      expect(
        series.filter((one) => `${version}.`.startsWith(`${one}.`)),
        name,
      ).toHaveLength(1);
      expect(new Set(series.map((one) => one.split(".")[0])), name).toEqual(new Set([version.split(".")[0]]));
    }
  });

  it("evaluates in the configuration of its page, with a package of another release", () => {
    expect(flake.user).toEqual({ failedAssertions: [], extraTcp: [9100] });
  });

  it("records the versions in the image, not the declared ones", () => {
    expect(flake.record.versions["coredns"]).toBe("1.14.0");
    expect(flake.record.versions["kubernetes"]).toBe(
      readDeclaration().program.find(({ name }) => name === "kubernetes")?.version,
    );
  });

  it("checks one node and a cluster of three, each with its own seed", () => {
    const machines = Object.fromEntries(Object.entries(flake.checks).map(([name, { nodes }]) => [name, nodes]));
    expect(Object.keys(machines["node"] ?? {})).toEqual(["master"]);
    expect(Object.keys(machines["cluster"] ?? {})).toEqual(["master", "worker-node-1", "worker-node-2"]);
    for (const [name, machine] of Object.values(machines).flatMap((nodes) => Object.entries(nodes))) {
      expect(machine.name).toBe(name);
      expect(machine.failedAssertions).toEqual([]);
      expect(machine.services).toContain("kubelet");
      expect(machine.daemon).toBe(false);
      expect(machine.options).toEqual([expect.stringContaining(`seed-${name}.iso`)]);
    }
  });

  it("runs the guest scripts in the program's order", () => {
    const steps = [...(flake.checks["cluster"]?.testScript ?? "").matchAll(/^(?:run|join|ready|\s+join)\(.*$/gm)];
    expect(
      steps.map(([step]) =>
        step
          .trim()
          .replace(/\(.*, "/, "(")
          .replace(/[",)].*/, ""),
      ),
    ).toEqual(["run(init-control-plane", "join(worker", "ready("]);
  });

  it.each(["node", "cluster"])("passes the guest scripts every parameter that they read, in the check %s", (check) => {
    const { testScript = "" } = flake.checks[check] ?? {};
    const scripts = [...testScript.matchAll(/"([a-z-]+)":"[^"]*\.sh"/g)].map(([, name]) => name as GuestScript);
    expect(scripts).toEqual(["init-control-plane", "join", "mint-token", "wait-ready"]);
    const texts = scripts.map((script) => scriptText({ script })).join("\n");
    const read = texts.match(/(?<=\$\{?)[A-Z][A-Z_]+/g) ?? [];
    const optional = [...texts.matchAll(/\$\{([A-Z][A-Z_]+):?-/g)].map(([, name]) => name);
    expect(read).toContain("IMAGE_CONTRACT");
    // bash sets the first three. The command that starts a script sets REPEATED.
    const others = ["SECONDS", "BASH", "PATH", "REPEATED"];
    expect(read.filter((name) => ![...others, ...optional].includes(name) && !testScript.includes(name))).toEqual([]);
    expect(testScript.includes(String.raw`\"IMAGE_CONTRACT\":${readDeclaration().contract},`)).toBe(true);
  });

  it("loops only over machines that the test driver can shut down", () => {
    for (const { testScript } of Object.values(flake.checks)) {
      const loops = [...testScript.matchAll(/for machine in (\w+)/g)].map(([, list]) => list);
      expect(new Set(loops)).toEqual(new Set(["machines_qemu"]));
    }
  });
});
