import { open } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { item, type Item } from "./evidence.ts";
import { limits, probe, tail } from "./probe.ts";
import type { StackNode } from "./state.ts";

/** Where libvirt writes what QEMU and the serial ports of its machines say. */
const logFolder = "/var/log/libvirt/qemu";

/** Whether the hypervisor is this machine, so that its files can be read. */
function isLocal(uri: string): boolean {
  return /^\w+:\/\/\//.test(uri);
}

/** What libvirt knows of all machines together. */
export function askHypervisor(
  uri: string,
  { networks, pools }: { readonly networks: readonly string[]; readonly pools: readonly string[] },
  signal: AbortSignal,
): readonly Promise<Item>[] {
  const virsh = (name: string, ...args: readonly string[]) => probe(name, "virsh", ["-c", uri, ...args], { signal });
  return [
    virsh("domains", "list", "--all"),
    virsh("hypervisor-memory", "nodememstats"),
    ...networks.flatMap((network) => [
      virsh(`network-${network}`, "net-info", network),
      virsh(`definition-${network}`, "net-dumpxml", network),
      virsh(`leases-${network}`, "net-dhcp-leases", network),
    ]),
    ...pools.flatMap((pool) => [
      virsh(`pool-${pool}`, "pool-info", "--bytes", pool),
      virsh(`volumes-${pool}`, "vol-list", "--details", pool),
    ]),
  ];
}

/** What libvirt knows of one machine. */
export function askMachine(
  { name: node, resource: domain }: Pick<StackNode, "name" | "resource">,
  uri: string,
  signal: AbortSignal,
  folder = logFolder,
): readonly Promise<Item>[] {
  const virsh = (name: string, ...args: readonly string[]) =>
    probe(name, "virsh", ["-c", uri, ...args], { node, signal });
  const file = (name: string, path: string) => readEnd(name, node, path, uri);
  return [
    virsh("domain-state", "domstate", "--reason", domain),
    virsh("domain", "dominfo", domain),
    virsh("interfaces", "domifaddr", "--full", domain),
    file("domain-log", join(folder, `${domain}.log`)),
    file("console", join(folder, `${domain}-console.log`)),
  ];
}

/** The end of a file of the hypervisor. Only a file's owner, mostly root, may read it. */
async function readEnd(name: string, node: string, path: string, uri: string): Promise<Item> {
  if (!isLocal(uri)) return item(name, node, "", `${path} is on another machine, the hypervisor ${uri}`);
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const length = Math.min(size, limits.bytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    // A serial port ends lines as a typewriter does, and is coloured.
    const text = stripVTControlCharacters(buffer.toString("utf8")).replaceAll("\r", "");
    return item(name, node, tail(text));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "is not there" : code === "EACCES" ? "may be read by root only" : `: ${code}`;
    return item(name, node, "", `${path} ${why}`);
  }
}
