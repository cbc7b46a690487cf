import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startStopped } from "../../cli/recovery/restart.ts";
import type { StateResource } from "../../cli/stack/state.ts";
import { urn } from "../support/urn.ts";

// Behaviour that only a real libvirt shows. The machines have no disk, so they boot at once; network and pool are their own.
const uri = "qemu:///system";
const folder = mkdtempSync(join(tmpdir(), "nodeforge-still-"));
const machines = ["still-1", "still-2"];

function virsh(...args: string[]): string {
  return execFileSync("virsh", ["-q", "-c", uri, ...args], { encoding: "utf8", timeout: 60_000 }).trim();
}

function defined(kind: "define" | "net-define" | "pool-define", xml: string): void {
  const path = join(folder, "definition.xml");
  writeFileSync(path, xml);
  virsh(kind, path);
}

const machine = (name: string, mac: string) => `<domain type='qemu'><name>${name}</name>
  <memory unit='MiB'>64</memory><os><type arch='${process.arch === "arm64" ? "aarch64" : "x86_64"}'>hvm</type></os>
  <devices><interface type='network'><mac address='${mac}'/><source network='still'/><model type='virtio'/></interface>
  </devices></domain>`;

/** Bridge of each machine's interface, or "none". */
function links(): string[] {
  const text = execFileSync("ip", ["-o", "link", "show", "type", "tun"], { encoding: "utf8" });
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => /\bmaster (\S+)/.exec(line)?.[1] ?? "none");
}

const resource = (kind: string, name: string, id: string, more: object = {}): StateResource => ({
  urn: urn(`libvirt:index/${kind.toLowerCase()}:${kind}`, name, "still"),
  type: `libvirt:index/${kind.toLowerCase()}:${kind}`,
  id,
  provider: "urn:hypervisor::1",
  outputs: { name, ...more },
});

/** Starts the stopped machines, networks and pools of the stack, and returns the log without its lines about clocks. */
async function started(): Promise<string[]> {
  const said: string[] = [];
  const links = { networkInterfaces: [{ networkName: "still" }] };
  const resources = [
    { urn: "urn:hypervisor", type: "pulumi:providers:libvirt", inputs: { uri } },
    resource("Pool", "still", virsh("pool-uuid", "still")),
    resource("Network", "still", virsh("net-uuid", "still")),
    ...machines.map((name) => resource("Domain", name, virsh("domuuid", name), links)),
  ];
  await startStopped({ resources, pending: [] }, { log: (line) => said.push(line) });
  return said.filter((line) => !line.startsWith("the clock of "));
}

beforeAll(() => {
  defined(
    "net-define",
    "<network><name>still</name><bridge name='nfstill'/><ip address='10.99.7.1' prefix='24'/></network>",
  );
  defined("pool-define", `<pool type='dir'><name>still</name><target><path>${folder}</path></target></pool>`);
  virsh("net-start", "still");
  virsh("pool-start", "still");
  machines.forEach((name, index) => {
    defined("define", machine(name, `52:54:00:00:07:0${index}`));
    virsh("start", name);
  });
});

afterAll(() => {
  for (const name of machines) {
    virsh("destroy", name);
    virsh("undefine", name);
  }
  for (const kind of ["net", "pool"]) {
    virsh(`${kind}-destroy`, "still");
    virsh(`${kind}-undefine`, "still");
  }
  rmSync(folder, { recursive: true });
});

describe("a running stack", () => {
  it("is not changed", async () => {
    expect(await started()).toEqual([]);
    expect(links()).toEqual(["nfstill", "nfstill"]);
  });
});

describe("a machine", () => {
  it("that is paused is resumed, and the other one is not touched", async () => {
    virsh("suspend", "still-1");
    expect(await started()).toEqual(["still-1 is paused (user): resuming it"]);
    expect(machines.map((name) => virsh("domstate", name))).toEqual(["running", "running"]);
  });

  it("with saved memory is restored from it", async () => {
    virsh("managedsave", "still-2");
    expect(virsh("domstate", "still-2")).toBe("shut off");
    expect(await started()).toEqual(["starting still-2 from its saved memory"]);
    expect(virsh("domstate", "still-2", "--reason")).toBe("running (restored)");
  });

  it("that is off is left for Pulumi to start", async () => {
    virsh("destroy", "still-2");
    expect(await started()).toEqual([]);
    expect(virsh("domstate", "still-2")).toBe("shut off");
    virsh("start", "still-2");
  });
});

describe("a stopped network", () => {
  const again = [
    "network still is not active: starting it",
    "network still was stopped and has lost its links to 2 machines: restoring them",
  ];

  it("is started, and its running machines are linked again without a restart", async () => {
    const ids = machines.map((name) => virsh("domid", name));
    virsh("net-destroy", "still");
    expect(links()).toEqual(["none", "none"]);
    expect(await started()).toEqual(again);
    expect(links()).toEqual(["nfstill", "nfstill"]);
    expect(machines.map((name) => virsh("domid", name))).toEqual(ids);
    expect(virsh("net-list", "--all", "--name").split("\n")).toEqual(["still"]);
    expect(await started()).toEqual([]);
  });

  it("gets its links back also when another user has started it since", async () => {
    virsh("net-destroy", "still");
    virsh("net-start", "still");
    expect(await started()).toEqual(again.slice(1));
    expect(links()).toEqual(["nfstill", "nfstill"]);
  });

  it("is started before a machine with saved memory", async () => {
    virsh("managedsave", "still-1");
    virsh("net-destroy", "still");
    const said = await started();
    expect(said).toHaveLength(3);
    expect(links()).toEqual(["nfstill", "nfstill"]);
    expect(virsh("domstate", "still-1")).toBe("running");
  });
});

describe("a stopped pool", () => {
  it("is started", async () => {
    virsh("pool-destroy", "still");
    expect(await started()).toEqual(["storage pool still is not active: starting it"]);
    expect(virsh("pool-list", "--name")).toBe("still");
  });
});
