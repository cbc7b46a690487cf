import { open } from "node:fs/promises";
import { join } from "node:path";
import { isLocal } from "../../libvirt/uri.ts";
import { virshArguments } from "../../libvirt/virsh.ts";
import { consoleLogName, domainLogFolder } from "../../names.ts";
import { fileWord, item, withoutFirstLine, type Item } from "./evidence.ts";
import { probe, type ProbeOptions } from "./probe.ts";
import type { ClusterNode } from "./state.ts";

/** Bytes read of the end of a file. */
const consoleBytes = 262_144;

/** Asks libvirt about the hypervisor, the networks and the pools. */
export function askHypervisor(
  uri: string,
  { networks, pools }: { readonly networks: readonly string[]; readonly pools: readonly string[] },
  signal: AbortSignal,
): readonly Promise<Item>[] {
  const virsh = (name: string, ...args: readonly string[]) => askVirsh(uri, name, args, { signal });
  return [
    virsh("domains", "list", "--all"),
    virsh("hypervisor-memory", "nodememstats"),
    ...networks.flatMap((network) => [
      virsh(`network-${fileWord(network)}`, "net-info", network),
      virsh(`definition-${fileWord(network)}`, "net-dumpxml", network),
      virsh(`leases-${fileWord(network)}`, "net-dhcp-leases", network),
    ]),
    ...pools.flatMap((pool) => [
      virsh(`pool-${fileWord(pool)}`, "pool-info", "--bytes", pool),
      virsh(`volumes-${fileWord(pool)}`, "vol-list", "--details", pool),
    ]),
  ];
}

/** Asks virsh. For a URI that must not be used, the item has the reason of the refusal. */
async function askVirsh(
  uri: string,
  name: string,
  args: readonly string[],
  options: Pick<ProbeOptions, "node" | "signal">,
): Promise<Item> {
  try {
    return await probe(name, "virsh", virshArguments(uri, ...args), options);
  } catch (error) {
    return item(name, options.node, "", (error as Error).message);
  }
}

/** Asks libvirt about one machine, and reads its logs. */
export function askMachine(
  { name: node, resource: domain }: Pick<ClusterNode, "name" | "resource">,
  uri: string,
  signal: AbortSignal,
  folder = domainLogFolder,
): readonly Promise<Item>[] {
  const virsh = (name: string, ...args: readonly string[]) => askVirsh(uri, name, args, { node, signal });
  const file = (name: string, path: string) => readEnd(name, node, path, uri);
  return [
    virsh("domain-state", "domstate", "--reason", domain),
    virsh("domain", "dominfo", domain),
    virsh("interfaces", "domifaddr", "--full", domain),
    file("domain-log", join(folder, `${domain}.log`)),
    file("console", join(folder, consoleLogName(domain))),
  ];
}

/** Reads the end of a file of the hypervisor. Only its owner may read it, usually root. */
async function readEnd(name: string, node: string, path: string, uri: string): Promise<Item> {
  if (!isLocal(uri)) return item(name, node, "", `${path} is on another machine, the hypervisor ${uri}`);
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const length = Math.min(size, consoleBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString("utf8");
    return item(name, node, length < size ? withoutFirstLine(text) : text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "does not exist" : code === "EACCES" ? "can be read only by root" : `: ${code}`;
    return item(name, node, "", `${path} ${why}`);
  }
}
