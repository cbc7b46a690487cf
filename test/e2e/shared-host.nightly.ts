import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Lab } from "./lab.ts";

// A host with an existing network, storage pool and machine. A cluster of two worker pools uses them, and is destroyed.
const lab = new Lab("e2e");
const files = "/var/lib/libvirt/theirs";

const network = `<network>
  <name>theirs</name>
  <forward mode="nat"/>
  <bridge name="virbr-theirs"/>
  <ip address="192.168.77.1" netmask="255.255.255.0">
    <dhcp>
      <range start="192.168.77.100" end="192.168.77.200"/>
      <host mac="52:54:00:00:00:01" name="theirs" ip="192.168.77.50"/>
    </dhcp>
  </ip>
</network>`;
const pool = `<pool type="dir"><name>theirs</name><target><path>${files}</path></target></pool>`;
const machine = `<domain type="qemu">
  <name>e2e-master</name>
  <memory unit="MiB">64</memory>
  <os><type arch="x86_64" machine="q35">hvm</type></os>
</domain>`;

/** Definitions and names of everything on the host, without the sizes that libvirt measures. */
async function theirs(): Promise<readonly string[]> {
  const isMeasured = (line: string) => /<(capacity|allocation|available)/.test(line);
  return [
    ...(await lab.virsh("net-dumpxml", "theirs")),
    ...(await lab.virsh("net-dumpxml", "theirs", "--inactive")),
    ...(await lab.virsh("pool-dumpxml", "theirs")).filter((line) => !isMeasured(line)),
    ...(await lab.virsh("list", "--all", "--name")),
    ...(await lab.virsh("net-list", "--all", "--name")),
    ...(await lab.virsh("pool-list", "--all", "--name")),
    ...readdirSync(files),
  ];
}

/** Creates an object from its XML, with `virsh COMMAND FILE`. */
async function define(command: string, xml: string): Promise<void> {
  const path = join(lab.folder, "theirs.xml");
  writeFileSync(path, xml);
  await lab.virsh(command, path);
}

/** Memory of a machine in libvirt, in MiB. */
async function memoryOf(domain: string): Promise<number> {
  const line = (await lab.virsh("dominfo", domain)).find((text) => text.startsWith("Max memory:"));
  return Number(/\d+/.exec(line ?? "")?.[0]) / 1024;
}

let before: readonly string[];
let declared: readonly string[];

beforeAll(async () => {
  await lab.prepare();
  mkdirSync(files);
  await define("net-define", network);
  await lab.virsh("net-start", "theirs");
  await define("pool-define", pool);
  await lab.virsh("pool-start", "theirs");
  await lab.virsh("vol-create-as", "theirs", "theirs.qcow2", "16M", "--format", "qcow2");
  before = await theirs();
  declared = await lab.virsh("net-dumpxml", "theirs", "--inactive");
  await lab.set("network", "theirs");
  await lab.set("networkCidr", "192.168.77.0/24");
  await lab.set("dhcpStart", "192.168.77.100");
  await lab.set("dhcpEnd", "192.168.77.200");
  await lab.set("storagePool", "theirs");
  const pools = [
    { name: "small", count: 1, memoryMiB: 1024, labels: ["disk=slow"] },
    { name: "big", count: 1, memoryMiB: 1536, labels: ["disk=fast", "tier=a"], taints: ["only=big:NoSchedule"] },
  ];
  await lab.setObject("workerPools", pools);
});
afterAll(async () => {
  // Also after a failure: the next file expects an empty hypervisor, and a stack without these settings.
  lab.remove();
  for (const command of ["pool-destroy", "pool-undefine", "net-destroy", "net-undefine"]) {
    await lab.virsh(command, "theirs").catch((error: unknown) => console.error(error));
  }
  rmSync(files, { recursive: true, force: true });
});

it("a domain name already in use is rejected, and nothing is created", async () => {
  await define("define", machine);
  const up = await lab.nodeforge("up", ["--yes"], 10);
  await lab.virsh("undefine", "e2e-master");
  expect(up.exitCode).not.toBe(0);
  expect(up.all).toMatch(/Nothing was created: .*\n.*e2e-master/);
  expect(await theirs()).toEqual(before);
});

it("two worker pools join on an existing network and storage pool, each as it is declared", async () => {
  await lab.up();
  await lab.showNodes("two pools");
  expect(await lab.readyNodes()).toEqual(["master", "worker-big-1", "worker-small-1"]);
  const shown = async (node: string, path: string) => lab.kubectl("get", "node", node, "-o", `jsonpath=${path}`);
  expect(await shown("worker-small-1", "{.metadata.labels.disk} {.metadata.labels.tier} {.spec.taints}")).toBe(
    "slow  ",
  );
  expect(await shown("worker-big-1", "{.metadata.labels.disk} {.metadata.labels.tier} {.spec.taints[*].key}")).toBe(
    "fast a only",
  );
  expect(await memoryOf("e2e-worker-small-1")).toBe(1024);
  expect(await memoryOf("e2e-worker-big-1")).toBe(1536);
  for (const { address } of await lab.nodes()) expect(address).toMatch(/^192\.168\.77\./);
  // The network has no reservation of this cluster. The running definition differs by its count of machines.
  expect(await lab.virsh("net-dumpxml", "theirs", "--inactive")).toEqual(declared);
  const hosts = (await lab.virsh("net-dumpxml", "theirs")).filter((line) => line.startsWith("<host "));
  expect(hosts).toEqual([expect.stringContaining("192.168.77.50")]);
  await lab.expectNothingToDo();
});

it("a pool of another size is replaced, and no other pool is touched", async () => {
  const boots = await lab.bootIds(["master", "worker-big-1"]);
  await lab.set("workerPools[0].memoryMiB", "1152", "--path");
  expect((await lab.announced()).filter((operation) => /big|master/.test(operation))).toEqual([]);
  await lab.up();
  expect(await memoryOf("e2e-worker-small-1")).toBe(1152);
  expect(await lab.bootIds()).toMatchObject(boots);
  expect(await lab.readyNodes()).toEqual(["master", "worker-big-1", "worker-small-1"]);
});

it("a pool without workers has no machine or disk, and the other pool keeps running", async () => {
  const boots = await lab.bootIds(["master", "worker-big-1"]);
  await lab.set("workerPools[0].count", "0", "--path");
  await lab.up();
  expect(await lab.bootIds()).toEqual(boots);
  expect(await lab.readyNodes()).toEqual(["master", "worker-big-1"]);
  expect((await lab.virsh("vol-list", "theirs")).filter((line) => line.includes("small"))).toEqual([]);
});

it("destroy restores the host, even if the control plane is down", async () => {
  await lab.virsh("destroy", "e2e-master");
  const destroy = await lab.nodeforge("destroy", ["--yes"], 10);
  expect(destroy.exitCode, destroy.all).toBe(0);
  expect(await theirs()).toEqual(before);
});
