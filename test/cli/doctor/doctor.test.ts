import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkUri, describe as inWords, passes, workersOf } from "../../../cli/doctor/doctor.ts";
import { checkConfinement, judgeConfinement } from "../../../cli/doctor/confinement.ts";
import { fail, ok, warn } from "../../../cli/doctor/finding.ts";
import { checkImage } from "../../../cli/doctor/image.ts";
import { checkMemory, checkSpace, checkVirtualisation, judgeSpace } from "../../../cli/doctor/machine.ts";
import { judgeNetwork } from "../../../cli/doctor/network.ts";
import { checkLibvirt, checkNode, checkPrograms, judgeGo } from "../../../cli/doctor/tools.ts";
import { readDeclaration } from "../../../image/declaration.ts";
import type { DebianManifest } from "../../../image/debian/manifest.ts";
import { manifestPlace } from "../../../image/manifest.ts";
import { qcow2 } from "../../support/qcow2.ts";
import { sha256 } from "../../lib/release-server.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-doctor-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const gibibyte = 2 ** 30;

describe("libvirt", () => {
  test("is well when it listens", async () => {
    const path = join(folder, "socket");
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      expect(await checkLibvirt(path)).toMatchObject({ status: "ok", mend: "" });
    } finally {
      server.close();
    }
  });

  test("fails when nothing listens", async () => {
    expect(await checkLibvirt(join(folder, "socket"))).toMatchObject({
      status: "fail",
      found: expect.stringMatching(/^nothing listens on .*\(ENOENT\)$/) as string,
      mend: expect.stringContaining("npm run up") as string,
    });
  });
});

describe("confinement", () => {
  const capabilities = (...models: string[]) =>
    `<capabilities>\n  <host>\n${models.map((model) => `    <secmodel>\n      <model>${model}</model>\n      <doi>0</doi>\n    </secmodel>\n`).join("")}  </host>\n  <guest><secmodel><model>selinux</model></secmodel></guest></capabilities>`;

  test.each([
    [["apparmor", "dac"], "AppArmor confines machines; libvirt makes a rule for each of their disks"],
    [["selinux", "dac"], "SELinux confines machines; libvirt makes a rule for each of their disks"],
    [["none", "dac"], "none: neither AppArmor nor SELinux confines machines"],
    [[], "none: neither AppArmor nor SELinux confines machines"],
  ])("by %j is said", (models, found) => {
    expect(judgeConfinement(capabilities(...models))).toEqual(ok("confinement", found));
  });

  test("is asked of the hypervisor, wherever it is, and stops nobody when that does not answer", async () => {
    const asked: string[] = [];
    const virsh = (...args: readonly string[]) => {
      asked.push(args.join(" "));
      return asked.length > 1
        ? Promise.reject(new Error("virsh: no\nroute"))
        : Promise.resolve(capabilities("apparmor"));
    };
    expect(await checkConfinement("qemu+ssh://host/system", virsh)).toMatchObject({ status: "ok" });
    expect(await checkConfinement("qemu+ssh://host/system", virsh)).toMatchObject({
      status: "warn",
      found: "libvirt does not say: route",
    });
    expect(asked).toEqual(["capabilities", "capabilities"]);
  });
});

describe("virtualisation", () => {
  test("is well in hardware", () => {
    expect(checkVirtualisation({ type: "kvm", reason: "there" }).status).toBe("ok");
  });

  test("warns of emulation, with the reason", () => {
    expect(checkVirtualisation({ type: "qemu", reason: "no vmx" })).toMatchObject({
      status: "warn",
      found: "guests are emulated: no vmx",
    });
  });
});

describe("memory", () => {
  test("is well when the nodes fit", () => {
    expect(checkMemory(6144, 8 * gibibyte)).toMatchObject({ status: "ok", found: "nodes get 6.0 GiB of 8.0 GiB" });
  });

  test("warns when they do not", () => {
    expect(checkMemory(10240, 8 * gibibyte).status).toBe("warn");
  });
});

describe("the workers", () => {
  const get = (key: string) => ({ workers: "3", workerMemoryMiB: "2048" })[key] ?? "";

  test("are those of the plain keys", () => {
    expect(workersOf({ get, objects: () => [] })).toEqual({ count: 3, memoryMiB: 6144 });
  });

  test("are those of all pools, whose memory is the plain key's where they leave it out", () => {
    const pools = [{ count: 2, memoryMiB: 4096 }, { count: 1 }];
    expect(workersOf({ get, objects: () => pools })).toEqual({ count: 3, memoryMiB: 10240 });
  });
});

describe("pool space", () => {
  test.each([
    [10, "ok"],
    [5, "warn"],
    [3, "fail"],
  ])("of %i GiB where 4 are wanted: %s", (free, status) => {
    expect(judgeSpace("/pool", free * gibibyte, 4 * gibibyte).status).toBe(status);
  });

  test("of a folder that does not exist yet is its parent's", async () => {
    expect(await checkSpace(join(folder, "a", "b"), 0, 0)).toMatchObject({
      status: "ok",
      found: expect.stringContaining(` free at ${folder},`) as string,
    });
  });

  test("is never enough for a million nodes", async () => {
    expect((await checkSpace(folder, 0, 1_000_000)).status).toBe("fail");
  });
});

describe("the network", () => {
  const cidr = "192.168.222.0/24";
  const name = "scheduler_benchmark_net";
  const bridge = [{ device: "virbr1", cidr: "192.168.222.0/24" }];

  test("is well when its subnet is free", () => {
    expect(judgeNetwork(cidr, name, [{ device: "eth0", cidr: "192.168.223.0/24" }], []).status).toBe("ok");
  });

  test("is well when it is the cluster's own already", () => {
    expect(judgeNetwork(cidr, name, bridge, [{ name, bridge: "virbr1" }]).status).toBe("ok");
  });

  test("fails when another network of libvirt has it, and says how to use that", () => {
    const finding = judgeNetwork(cidr, name, bridge, [{ name: "lab", bridge: "virbr1" }]);
    expect(finding).toMatchObject({ status: "fail", mend: expect.stringContaining("set network to lab") as string });
  });

  test("fails when it overlaps the machine's own network", () => {
    const finding = judgeNetwork(cidr, name, [{ device: "eth0", cidr: "192.168.0.0/16" }], []);
    expect(finding).toMatchObject({ status: "fail", found: `${cidr} overlaps 192.168.0.0/16 on eth0` });
  });

  test("fails when it is none", () => {
    expect(judgeNetwork("nonsense", name, [], []).status).toBe("fail");
  });
});

describe("programs", () => {
  test("are well when none is missing", () => {
    expect(checkPrograms("hypervisor", []).status).toBe("ok");
  });

  test("fail by name", () => {
    expect(checkPrograms("hypervisor", ["qemu-utils"])).toMatchObject({ status: "fail", found: "missing: qemu-utils" });
  });
});

test.each([
  ["24.21.0", "ok"],
  ["24.0.0", "ok"],
  ["20.20.2", "fail"],
])("Node %s: %s", (found, status) => {
  expect(checkNode(found).status).toBe(status);
});

test.each([
  ["1.26.8", "ok"],
  ["1.27", "ok"],
  ["1.24.4", "warn"],
  ["1.19.8", "fail"],
])("Go %s: %s", (found, status) => {
  expect(judgeGo(found, "1.26.8").status).toBe(status);
});

describe("the node image", () => {
  const content = qcow2();
  const image = () => join(folder, "node.qcow2");
  const { contract } = readDeclaration();
  const writeManifest = (manifest: object) => writeFile(manifestPlace(image()), JSON.stringify(manifest));

  test("is well when it is what its manifest says", async () => {
    await writeFile(image(), content);
    await writeManifest({ contract, sha256: sha256(content) });
    expect((await checkImage(image())).status).toBe("ok");
  });

  const aged = (days: number) => ({
    contract,
    sha256: sha256(content),
    system: "debian",
    builtFrom: { archive: new Date(Date.now() - days * 86_400_000).toISOString() },
    packages: { openssl: "3.5.4" },
  });

  test("has its age said", async () => {
    await writeFile(image(), content);
    await writeManifest(aged(1));
    const date = aged(1).builtFrom.archive.slice(0, 10);
    expect(await checkImage(image())).toMatchObject({
      status: "ok",
      found: expect.stringContaining(`; packages of ${date}, 1 day old`) as string,
    });
    await writeManifest(aged(30));
    expect(await checkImage(image())).toMatchObject({ status: "ok" });
  });

  test("is a warning when it is more than thirty days old, with what makes a newer one", async () => {
    await writeFile(image(), content);
    await writeManifest(aged(31));
    expect(await checkImage(image())).toMatchObject({
      status: "warn",
      found: expect.stringContaining("31 days old") as string,
      mend: expect.stringContaining("npm run image -- --fresh") as string,
    });
    await writeManifest({ ...aged(0), system: "nixos", builtFrom: { nixpkgsDate: aged(45).builtFrom.archive } });
    expect(await checkImage(image())).toMatchObject({
      status: "warn",
      mend: expect.stringContaining("nix flake update") as string,
    });
  });

  test("is compared with that of the last run", async () => {
    await writeFile(image(), content);
    const manifest = aged(2);
    await writeManifest(manifest);
    const last = { ...manifest, sha256: "ab".repeat(32), packages: { openssl: "3.5.1" } } as unknown as DebianManifest;
    expect((await checkImage(image(), last)).found).toMatch(
      /; since the last run, packages changed: openssl 3\.5\.1 to 3\.5\.4$/,
    );
    expect((await checkImage(image(), { ...last, sha256: sha256(content) })).found).not.toContain("last run");
  });

  test("fails when it has changed", async () => {
    await writeFile(image(), "another image");
    await writeManifest({ contract, sha256: sha256(content) });
    expect(await checkImage(image())).toMatchObject({
      status: "fail",
      mend: expect.stringContaining("the file that its manifest describes") as string,
    });
  });

  test("fails when it keeps another contract", async () => {
    await writeFile(image(), content);
    await writeManifest({ contract: contract + 1, sha256: sha256(content) });
    expect(await checkImage(image())).toMatchObject({
      status: "fail",
      found: expect.stringContaining(`is an image of contract ${contract + 1}`) as string,
      mend: expect.stringContaining(`an image of contract ${contract}`) as string,
    });
  });

  test.each([true, false])("fails when nodes cannot start from it, described or not: %s", async (isDescribed) => {
    const strange = qcow2({ 8: 512n, 16: 11 });
    await writeFile(image(), strange);
    if (isDescribed) await writeManifest({ contract, sha256: sha256(strange) });
    expect(await checkImage(image())).toMatchObject({
      status: "fail",
      found: `${image()} cannot be used`,
      mend: "wanted is a qcow2 image without a backing file (`qemu-img convert` makes one)",
    });
  });

  test("warns when nothing describes it", async () => {
    await writeFile(image(), content);
    expect((await checkImage(image())).status).toBe("warn");
  });

  test("fails when it is absent or not named", async () => {
    expect((await checkImage(image())).status).toBe("fail");
    expect((await checkImage(undefined)).status).toBe("fail");
  });
});

describe("the hypervisor's URI", () => {
  test("is well when the program would take it", () => {
    expect(checkUri("qemu:///system")).toMatchObject({ status: "ok", found: "qemu:///system" });
  });

  test("fails when it names a program, and says what a URI may have", () => {
    expect(checkUri("qemu+ssh://host/system?command=/tmp/x")).toMatchObject({
      status: "fail",
      found: "qemu+ssh://host/system?command=/tmp/x cannot be used",
      mend: expect.stringContaining(
        "wanted is a URI with no parameters but keyfile, mode, socket, sshauth, not `command`",
      ) as string,
    });
  });
});

describe("findings", () => {
  test("let work go on unless one fails", () => {
    expect(passes([ok("a", ""), warn("b", "", "do")])).toBe(true);
    expect(passes([ok("a", ""), fail("b", "", "do")])).toBe(false);
  });

  test("are printed with what to do", () => {
    expect(inWords([ok("go", "1.26"), fail("memory", "little", "buy some")])).toBe(
      ["ok    go      1.26", "FAIL  memory  little", "              -> buy some"].join("\n"),
    );
  });
});
