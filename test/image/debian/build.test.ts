import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { buildNodeImage, neededBinaries } from "../../../image/debian/build.ts";
import { readDeclaration, versionsOf } from "../../../image/declaration.ts";
import { hostPackages } from "../../../tools/image-tools.ts";
import { describeDebian } from "../../../image/debian/manifest.ts";
import { test } from "../../support/folder.ts";

describe("the builder", () => {
  test("names every missing program, and writes nothing", async ({ folder }) => {
    const needed = neededBinaries();
    for (const name of needed.slice(2)) writeFileSync(join(folder, name), "");
    const output = join(folder, "output");
    const build = buildNodeImage({ binaries: folder, output, log: () => undefined });
    await expect(build).rejects.toThrow(`the folder of binaries ${folder} lacks kubeadm, kubectl`);
    expect(existsSync(output)).toBe(false);
  });

  test("needs every program of the declaration, and CoreDNS", () => {
    expect([...neededBinaries()].sort()).toEqual([
      "bridge",
      "containerd",
      "containerd-shim-runc-v2",
      "coredns",
      "ctr",
      "etcd",
      "flanneld",
      "host-local",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-proxy",
      "kube-scheduler",
      "kubeadm",
      "kubectl",
      "kubelet",
      "kwok",
      "loopback",
      "portmap",
    ]);
  });

  test("lists the packages that it needs on a machine", () => {
    expect(hostPackages()).toEqual([...hostPackages()].sort());
    expect(hostPackages()).toEqual(expect.arrayContaining(["debian-archive-keyring", "grub-pc-bin", "mmdebstrap"]));
  });
});

describe("the manifest", () => {
  test("describes the image beside it", async ({ folder }) => {
    const image = join(folder, "node.qcow2");
    writeFileSync(image, "a disk");
    const release = "ab".repeat(32);
    const built = {
      packages: { systemd: "257" },
      epoch: 86_400,
      release,
      kernel: "6.12",
      suite: "trixie",
      marker: "red",
    };
    expect(await describeDebian(image, readDeclaration(), built)).toEqual({
      contract: readDeclaration().contract,
      system: "debian",
      sha256: "d614d695eb483126af8a5376433956a60f472ea41b5147893a461e1823006387",
      bytes: 6,
      versions: { ...versionsOf(readDeclaration()), linux: "6.12" },
      images: ["nodeforge.local/pause:1", "nodeforge.local/coredns:1", "nodeforge.local/smoke:1"],
      packages: { systemd: "257" },
      builtFrom: {
        suite: "trixie",
        archive: "1970-01-02T00:00:00.000Z",
        release,
        declaration: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        marker: "red",
      },
    });
  });
});
