import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machinesOf } from "../../cli/machines/machine.ts";
import { revertTo, snapshotToRevert } from "../../cli/machines/revert.ts";
import { snapshotsOf } from "../../cli/machines/snapshots.ts";
import { startMachines } from "../../cli/machines/start.ts";
import { stopMachines } from "../../cli/machines/stop.ts";
import { removeSnapshot, takeSnapshot } from "../../cli/machines/take-snapshot.ts";
import type { StackState } from "../../cli/stack/state.ts";
import { clusterOfMachines } from "../cli/machines/cluster-state.ts";

// Behaviour that only a real libvirt and a real QEMU show. The machines have the disks of a cluster's, and no system on them.
const uri = "qemu:///system";
const folder = mkdtempSync(join(tmpdir(), "nodeforge-snapshots-"));
const names = ["master", "worker-node-1", "worker-node-2"];
const foreign = "foreign";
const said: string[] = [];
const options = { log: (line: string) => said.push(line) };

function virsh(...args: string[]): string {
  return execFileSync("virsh", ["-q", "-c", uri, ...args], { encoding: "utf8", timeout: 60_000 }).trim();
}

function define(name: string): void {
  const disk = (file: string, target: string, format: string) =>
    `<disk type='file' device='disk'>${format}<source file='${file}'/><target dev='${target}' bus='virtio'/></disk>`;
  const file = (suffix: string) => join(folder, `${name}-${suffix}`);
  const qcow2 = "<driver name='qemu' type='qcow2'/>";
  execFileSync("qemu-img", ["create", "-qfqcow2", "-b", join(folder, "base.qcow2"), "-Fqcow2", file("root.qcow2")]);
  execFileSync("qemu-img", ["create", "-qfqcow2", file("data.qcow2"), "16M"]);
  writeFileSync(file("seed.iso"), "");
  truncateSync(file("seed.iso"), 2 ** 20);
  const disks = [
    disk(file("root.qcow2"), "vda", qcow2),
    disk(file("seed.iso"), "vdb", ""),
    disk(file("data.qcow2"), "vdc", qcow2),
  ].join("");
  const path = join(folder, "domain.xml");
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  writeFileSync(
    path,
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory>
      <os><type arch='${machine}'>hvm</type></os><devices>${disks}
      <interface type='network'><source network='snaps'/><model type='virtio'/></interface>
      <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      <console type='pty'><target type='serial' port='0'/></console></devices></domain>`,
  );
  virsh("define", path);
}

/** State of the stack as libvirt has its machines now. */
function state(nodes = names): StackState {
  const pool = { urn: "urn:pool", type: "libvirt:index/pool:Pool", id: virsh("pool-uuid", "snaps") };
  const found = nodes.map((name) => ({ name, uuid: virsh("domuuid", `lab-${name}`) }));
  return clusterOfMachines(found, uri, [{ ...pool, outputs: { name: "snaps" } }]);
}

const machines = (nodes = names) => machinesOf(state(nodes));
const states = () => names.map((name) => virsh("domstate", `lab-${name}`));

/** Node of QEMU for the disk at an index. */
function block(domain: string, index: number): string {
  const answer = virsh("qemu-monitor-command", domain, '{"execute":"query-block"}');
  const { return: devices } = JSON.parse(answer) as { return: { inserted: { "node-name": string } }[] };
  return devices[index]?.inserted["node-name"] ?? "";
}

const monitor = (domain: string, line: string) => virsh("qemu-monitor-command", domain, "--hmp", line);

/** Writes a byte to the qcow2 disks of a machine. */
function mark(name: string, byte: number): void {
  for (const index of [0, 2])
    monitor(`lab-${name}`, `qemu-io ${block(`lab-${name}`, index)} "write -P ${byte} 0 4096"`);
}

/** Whether both disks of a machine begin with a byte. */
function has(name: string, byte: number): boolean {
  return [0, 2].every((index) => {
    const read = monitor(`lab-${name}`, `qemu-io ${block(`lab-${name}`, index)} "read -P ${byte} 0 4096"`);
    return !read.includes("Pattern verification failed");
  });
}

/** Clock of a PC's firmware, in its memory: 18 ticks a second, from the time of day at its start (BIOS data area, 0x46c). */
const ticks = (name: string) => Number(monitor(`lab-${name}`, "xp /1wx 0x46c").split(":")[1]?.trim());
const isPc = process.arch === "x64";

beforeAll(() => {
  writeFileSync(
    join(folder, "pool.xml"),
    `<pool type='dir'><name>snaps</name><target><path>${folder}</path></target></pool>`,
  );
  virsh("pool-define", join(folder, "pool.xml"));
  virsh("pool-start", "snaps");
  writeFileSync(
    join(folder, "network.xml"),
    "<network><name>snaps</name><bridge name='nfsnaps'/><ip address='10.99.8.1' prefix='24'/></network>",
  );
  virsh("net-define", join(folder, "network.xml"));
  virsh("net-start", "snaps");
  execFileSync("qemu-img", ["create", "-qfqcow2", join(folder, "base.qcow2"), "64M"]);
  for (const name of [...names.map((each) => `lab-${each}`), foreign]) {
    define(name);
    virsh("start", name);
  }
});

afterAll(() => {
  for (const name of virsh("list", "--all", "--name").split("\n").filter(Boolean)) {
    if (virsh("list", "--name").split("\n").includes(name)) virsh("destroy", name);
    virsh("undefine", name, "--managed-save");
  }
  for (const kind of ["net", "pool"]) {
    virsh(`${kind}-destroy`, "snaps");
    virsh(`${kind}-undefine`, "snaps");
  }
  rmSync(folder, { recursive: true });
});

describe("stop and start", () => {
  it("save the memory of every machine of the stack and of no other one, and continue", async () => {
    const ids = await stopMachines(machines(), options);
    expect(ids.map(({ before, after }) => `${before} ${after}`)).toEqual(Array(3).fill("running saved"));
    expect(states()).toEqual(Array(3).fill("shut off"));
    expect(virsh("domstate", foreign)).toBe("running");
    // A second stop finds nothing to do.
    expect((await stopMachines(machines(), options)).map(({ after }) => after)).toEqual(Array(3).fill("saved"));

    let workers = "";
    const whenControlPlaneRuns = () => {
      workers = states().join();
      return Promise.resolve();
    };
    const started = await startMachines(state(), machines(), { ...options, whenControlPlaneRuns });
    expect(workers).toBe("running,shut off,shut off");
    expect(started.map(({ before, after }) => `${before} ${after}`)).toEqual(Array(3).fill("saved running"));
    expect(names.map((name) => virsh("domstate", `lab-${name}`, "--reason"))).toEqual(
      Array(3).fill("running (restored)"),
    );
    expect((await startMachines(state(), machines(), options)).map(({ before }) => before)).toEqual(
      Array(3).fill("running"),
    );
  });

  it("resume a paused machine, and boot one that is off", async () => {
    virsh("suspend", "lab-master");
    virsh("destroy", "lab-worker-node-1");
    const started = await startMachines(state(), machines(), options);
    expect(started.map(({ before }) => before)).toEqual(["paused", "off", "running"]);
    expect(states()).toEqual(Array(3).fill("running"));
  });

  it("name a guest that does not shut down, and leave the control plane on", async () => {
    const request = stopMachines(machines(), { ...options, shutdown: true, timeoutSeconds: 1, interval: 100 });
    await expect(request).rejects.toThrow(/worker-node-1 is running after 1 s, expected it to shut down/);
    expect(states()).toEqual(Array(3).fill("running"));
  });
});

describe("a snapshot", () => {
  it("brings disks and memory of every machine back, also after a restart of one", async () => {
    names.forEach((name) => mark(name, 65));
    await takeSnapshot("first", machines(), options);
    expect(states()).toEqual(Array(3).fill("running"));
    const atSnapshot = names.map(ticks);
    await sleep(5_000);
    const later = names.map(ticks);
    names.forEach((name) => mark(name, 66));
    expect(names.map((name) => has(name, 66))).toEqual([true, true, true]);
    virsh("destroy", "lab-worker-node-1");
    await stopMachines(machines(["worker-node-2"]), options);
    expect(states()).toEqual(["running", "shut off", "shut off"]);

    await revertTo(await snapshotToRevert("first", machines(), options), machines(), options);
    const reverted = names.map(ticks);
    expect(states()).toEqual(Array(3).fill("running"));
    expect(names.map((name) => has(name, 65))).toEqual([true, true, true]);
    expect(virsh("domstate", foreign)).toBe("running");
    // A firmware that had booted again, or gone on, would count from a later time of day.
    names.forEach((_, index) => {
      if (!isPc) return;
      expect(reverted[index]).toBeLessThan(later[index] ?? NaN);
      expect(reverted[index]).toBeGreaterThan((atSnapshot[index] ?? NaN) - 5 * 18);
    });
  });

  it("is listed with its nodes, and a second one has a place of its own", async () => {
    names.forEach((name) => mark(name, 67));
    await takeSnapshot("second", machines(), options);
    const found = await snapshotsOf(machines());
    expect(found.map(({ name, problem, nodes }) => [name, problem, nodes])).toEqual([
      ["first", undefined, names],
      ["second", undefined, names],
    ]);
    await expect(takeSnapshot("second", machines(), options)).rejects.toThrow("there is a snapshot second already");
    await revertTo(await snapshotToRevert("first", machines()), machines(), options);
    expect(names.map((name) => has(name, 65))).toEqual([true, true, true]);
    await revertTo(await snapshotToRevert("second", machines()), machines(), options);
    expect(names.map((name) => has(name, 67))).toEqual([true, true, true]);
  });

  it("is refused while a machine is off, and changes nothing", async () => {
    virsh("destroy", "lab-worker-node-1");
    await expect(takeSnapshot("third", machines(), options)).rejects.toThrow(
      "worker-node-1 is off; expected each machine",
    );
    expect((await snapshotsOf(machines())).map(({ name }) => name)).toEqual(["first", "second"]);
    virsh("start", "lab-worker-node-1");
  });

  it("is deleted from every disk, and the other one stays", async () => {
    await removeSnapshot("first", machines(), options);
    expect((await snapshotsOf(machines())).map(({ name }) => name)).toEqual(["second"]);
    expect(monitor("lab-master", "info snapshots").match(/nodeforge-/g)).toHaveLength(2);
    await revertTo(await snapshotToRevert("second", machines()), machines(), options);
    expect(names.map((name) => has(name, 67))).toEqual([true, true, true]);
  });

  it("does not keep a machine from being deleted, and is refused by its name once a node is another machine", async () => {
    virsh("destroy", "lab-worker-node-2");
    virsh("undefine", "lab-worker-node-2");
    define("lab-worker-node-2");
    virsh("start", "lab-worker-node-2");
    await expect(snapshotToRevert("second", machines())).rejects.toThrow("replaced since: worker-node-2");
    await expect(snapshotToRevert("second", machines(["master", "worker-node-1"]))).rejects.toThrow(
      "removed since: worker-node-2",
    );
    await removeSnapshot("second", machines(), options);
    expect(await snapshotsOf(machines())).toEqual([]);
    expect(monitor("lab-master", "info snapshots")).not.toContain("nodeforge-");
  });
});
