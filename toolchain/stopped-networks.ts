import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lines, type Virsh } from "../hypervisor/virsh.ts";
import type { Log } from "./log.ts";

/** A network or pool that the stack made. */
export interface KnownThing {
  readonly uuid: string;
  readonly name: string;
}

/** The pools that the stack made and that are not active are started. */
export async function startPools(virsh: Virsh, pools: readonly KnownThing[], log: Log): Promise<void> {
  await start(virsh, pools, "pool", log);
}

/** The networks that the stack made and that are not active are started. The provider (0.8.3) does not look whether one is. */
export async function startNetworks(virsh: Virsh, networks: readonly KnownThing[], log: Log): Promise<void> {
  await start(virsh, networks, "net", log);
}

async function start(virsh: Virsh, things: readonly KnownThing[], kind: "net" | "pool", log: Log): Promise<void> {
  if (things.length === 0) return;
  const stopped = lines(await virsh(`${kind}-list`, "--inactive", "--name"));
  for (const { name, uuid } of things) {
    // Somebody may have made another one of its name since.
    if (!stopped.includes(name) || (await virsh(`${kind}-uuid`, name)).trim() !== uuid) continue;
    log(`${kind === "net" ? "network" : "storage pool"} ${name} is not active: starting it`);
    await virsh(`${kind}-start`, name);
  }
}

/**
 * Gives machines back the link to their network that they lost when it was stopped. Started again, it has another bridge,
 * and what ran meanwhile is on none (tried with libvirt 9.0); the network then counts fewer connections than it has machines.
 *
 * No machine is restarted: its interface moves to a network of a moment's life and back, which makes libvirt put the tap on
 * the bridge. An update to the network it is on already changes nothing.
 * @param machines UUIDs of the stack's machines on this network.
 * @throws when libvirt refuses; the network of a moment's life is gone then, too.
 */
export async function restoreLinks(
  virsh: Virsh,
  { name }: KnownThing,
  machines: readonly string[],
  log: Log,
): Promise<void> {
  if (machines.length === 0) return;
  const definition = await virsh("net-dumpxml", name);
  const connections = Number(/^\s*<network\b[^>]*\bconnections='(\d+)'/.exec(definition)?.[1] ?? 0);
  const active = new Set(lines(await virsh("list", "--uuid")));
  const running = machines.filter((uuid) => active.has(uuid));
  if (connections >= running.length) return;

  log(`network ${name} was stopped under ${running.length} machines: linking them to it again`);
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-links-"));
  const aside = `nodeforge-${randomUUID().slice(0, 8)}`;
  const file = async (text: string) => {
    const path = join(folder, "device.xml");
    await writeFile(path, text);
    return path;
  };
  try {
    // No address and no DHCP: nothing can be asked there.
    await virsh("net-create", await file(`<network><name>${aside}</name></network>`));
    try {
      for (const uuid of running) {
        for (const link of interfacesOn(name, await virsh("dumpxml", uuid))) {
          await virsh("update-device", uuid, await file(link(aside)), "--live");
          await virsh("update-device", uuid, await file(link(name)), "--live");
        }
      }
    } finally {
      await virsh("net-destroy", aside);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The interfaces that a domain has on a network, each as its XML on whichever network. */
export function interfacesOn(network: string, domain: string): ((on: string) => string)[] {
  const interfaces = [...domain.matchAll(/<interface type='network'>.*?<\/interface>/gs)].map(([text]) => text);
  const source = /<source\s[^>]*\bnetwork='([^']*)'[^>]*\/>/;
  return interfaces
    .filter((text) => source.exec(text)?.[1] === network)
    .map((text) => (on: string) => text.replace(source, `<source network='${on}'/>`));
}
