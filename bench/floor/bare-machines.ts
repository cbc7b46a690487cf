import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { scriptInput, startScript, type GuestScript } from "../../guest/script.ts";
import type { Lab } from "../../test/e2e/lab.ts";

/** A machine that `up` has created, as the bare bring-ups start it again. */
export interface BareMachine {
  readonly name: string;
  readonly address: string;
  /** Name of its domain in libvirt. */
  readonly domain: string;
  /** Parameters of the scripts, as the image's units read them on the node. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Longest wait for ssh in seconds. An emulated machine answers after about 100 s. */
const bootLimitSeconds = 900;

/** Longest time of a script in minutes. */
const scriptLimitMinutes = 20;

/** Reads the machines of the lab's cluster, the control plane first. */
export async function readMachines(lab: Lab, stack: string): Promise<readonly BareMachine[]> {
  const nodes = await lab.nodes();
  return Promise.all(
    nodes.map(async ({ name, address }) => {
      const text = await lab.ssh(address, "cat /etc/nodeforge/node.env");
      const pairs = text.split("\n").flatMap((line) => {
        const at = line.indexOf("=");
        return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
      });
      return { name, address, domain: `${stack}-${name}`, parameters: Object.fromEntries(pairs) };
    }),
  );
}

/** Stops every machine, and gives each an empty overlay of its image. The control plane gets a blank data disk. */
export async function resetMachines(lab: Lab, machines: readonly BareMachine[]): Promise<void> {
  for (const { domain } of machines) {
    await lab.virsh("destroy", domain).catch(() => []);
    for (const path of await disksOf(lab, domain)) await resetDisk(path);
  }
}

async function disksOf(lab: Lab, domain: string): Promise<readonly string[]> {
  const rows = (await lab.virsh("domblklist", domain, "--details")).map((line) => line.split(/\s+/));
  return rows.flatMap(([, device, , path]) => (device === "disk" && path !== undefined ? [path] : []));
}

/** Properties of a disk image, as `qemu-img info` prints them. */
interface DiskInfo {
  readonly format: string;
  readonly "virtual-size": number;
  readonly "backing-filename"?: string;
  readonly "backing-filename-format"?: string;
}

async function resetDisk(path: string): Promise<void> {
  const { stdout } = await execa("qemu-img", ["info", "--output=json", path]);
  const info = JSON.parse(stdout) as DiskInfo;
  // The seed disk stays: it names the node.
  if (info.format !== "qcow2") return;
  const backing = info["backing-filename"];
  const from = backing === undefined ? [] : ["-b", backing, "-F", info["backing-filename-format"] ?? "qcow2"];
  await execa("qemu-img", ["create", "-q", "-f", "qcow2", ...from, path, String(info["virtual-size"])]);
}

/** Starts a machine and waits until it answers over ssh. @throws at the time limit. */
export async function boot(lab: Lab, { domain, address }: BareMachine): Promise<void> {
  await lab.virsh("start", domain);
  const deadline = Date.now() + bootLimitSeconds * 1000;
  for (;;) {
    const { failed } = await execa("ssh", [...sshArguments(lab, address), "true"], { reject: false, timeout: 30_000 });
    if (!failed) return;
    if (Date.now() > deadline) throw new Error(`${domain} did not answer over ssh within ${bootLimitSeconds} s`);
    // A shorter pause would take processor time from the booting machine.
    await sleep(1000);
  }
}

/** Runs a script of guest/ on a machine and returns its result. @throws with the script's output when it fails. */
export async function runScript(
  lab: Lab,
  { address }: BareMachine,
  script: GuestScript,
  parameters: Readonly<Record<string, string | number>>,
  stdin = "",
): Promise<string> {
  const command = startScript({ script, user: "root", limitMinutes: scriptLimitMinutes });
  const { stdout } = await execa("ssh", [...sshArguments(lab, address), command], {
    input: scriptInput([{ script, parameters }], stdin),
    timeout: (scriptLimitMinutes + 1) * 60_000,
  });
  return stdout;
}

/** Checks no host key, because every reset gives the machine another one. */
function sshArguments(lab: Lab, address: string): readonly string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=5",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
  ];
  return [...options.flatMap((option) => ["-o", option]), "-i", lab.sshKey, `root@${address}`];
}
