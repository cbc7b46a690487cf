import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Lab } from "../lab.ts";
import { network } from "./shared-cluster.ts";

// All of this happens in the namespaces of test/support/with-hypervisor, so no other process of the machine notices it.

/** File with libvirtd's process id, as test/support/with-hypervisor starts it. */
const pidFile = "/run/libvirt/libvirtd.pid";

/** Restarts libvirtd. Its machines keep running. @throws when it neither ends nor answers within half a minute. */
export async function restartLibvirt(): Promise<void> {
  const pid = readFileSync(pidFile, "utf8").trim();
  process.kill(Number(pid), "SIGTERM");
  await until(() => !existsSync(join("/proc", pid)), "libvirtd to end");
  await execa("libvirtd", ["--daemon", "--pid-file", pidFile], { stdio: "ignore" });
  const answers = async () => !(await execa("virsh", ["-c", "qemu:///system", "version"], { reject: false })).failed;
  await until(answers, "an answer of libvirtd");
}

async function until(reached: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 60; !(await reached()); tries--) {
    if (tries === 0) throw new Error(`waited half a minute for ${what}`);
    await sleep(500);
  }
}

/** Name of the interface that connects a machine to its network. */
async function tapOf(lab: Lab, domain: string): Promise<string> {
  const [card = ""] = await lab.virsh("domiflist", domain);
  const [tap = ""] = card.split(/\s+/);
  return tap;
}

/** Lets a machine's link lose 5 % of the packets, and delay them by up to 50 ms, in both directions. */
export async function degradeLink(lab: Lab, domain: string): Promise<void> {
  const tap = await tapOf(lab, domain);
  // A program of the classic packet filter, because kernels of small machines lack netem. Below 5 % of a random number of 32
  // bits it returns TC_ACT_SHOT, else TC_ACT_UNSPEC.
  const program = "4,32 0 0 4294963256,53 1 0 214748365,6 0 0 2,6 0 0 4294967295";
  await execa("tc", ["qdisc", "add", "dev", tap, "clsact"]);
  for (const direction of ["ingress", "egress"]) {
    await execa("tc", ["filter", "add", "dev", tap, direction, "bpf", "bytecode", program, "direct-action"]);
  }
  // QEMU releases what it has collected every 50 ms.
  const delay = "object_add filter-buffer,id=delay,netdev=hostnet0,queue=all,interval=50000";
  const said = await lab.virsh("qemu-monitor-command", domain, "--hmp", delay);
  if (said.length > 0) throw new Error(`QEMU refuses a delay: ${said.join(" ")}`);
}

/**
 * Drops a machine's DHCP requests, as a firewall on the bridge does.
 * @returns a function that lets them through again. A machine that was created again has another link.
 */
export async function dropDhcpRequests(lab: Lab, domain: string): Promise<() => Promise<void>> {
  const tap = await tapOf(lab, domain);
  // A program of the classic packet filter: TC_ACT_SHOT for IPv4, UDP and port 67, else TC_ACT_UNSPEC.
  const program = [
    ["40 0 0 12", "21 0 5 2048"],
    ["48 0 0 23", "21 0 3 17"],
    ["40 0 0 36", "21 0 1 67"],
    ["6 0 0 2", "6 0 0 4294967295"],
  ].flat();
  const bytecode = [program.length, ...program].join(",");
  await execa("tc", ["qdisc", "add", "dev", tap, "clsact"]);
  await execa("tc", ["filter", "add", "dev", tap, "ingress", "bpf", "bytecode", bytecode, "direct-action"]);
  return async () => void (await execa("tc", ["qdisc", "del", "dev", tap, "clsact"], { reject: false }));
}

/**
 * Refuses connections to the ssh servers of all nodes but the known ones.
 * @returns a function that allows them again.
 */
export async function refuseSsh(known: readonly string[]): Promise<() => Promise<void>> {
  const rules = [
    ...known.map((address) => ["-d", address, "-j", "ACCEPT"]),
    ["-d", `${network.prefix}0/24`, "-j", "REJECT", "--reject-with", "tcp-reset"],
  ].map((rule) => ["OUTPUT", "-p", "tcp", "--dport", "22", ...rule]);
  for (const rule of rules) await execa("iptables", ["-A", ...rule]);
  return async () => {
    for (const rule of rules) await execa("iptables", ["-D", ...rule]);
  };
}

/**
 * Reserves every free address of the DHCP range for machines that do not exist.
 * @returns a function that releases them.
 */
export async function exhaustAddresses(lab: Lab): Promise<() => Promise<void>> {
  const taken = (await lab.virsh("net-dumpxml", network.name)).flatMap(
    (line) => /<host .*ip='([^']*)'/.exec(line)?.[1] ?? [],
  );
  const [first, last] = network.dhcp;
  const hosts = Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((part) => !taken.includes(`${network.prefix}${part}`))
    .map((part) => `<host mac='52:54:00:fa:00:${part.toString(16)}' ip='${network.prefix}${part}'/>`);
  const update = async (change: "add" | "delete") => {
    for (const host of hosts) await lab.virsh("net-update", network.name, change, "ip-dhcp-host", host, "--live");
  };
  await update("add");
  return () => update("delete");
}
