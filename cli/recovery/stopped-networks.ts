import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import type { Log } from "../../lib/log.ts";

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
 * and what ran meanwhile is on none (tried with libvirt 9.0). A link is a port of the network, and the ports of a network end
 * when it stops. The `connections` of its definition do not tell: libvirt forgets them when a reservation is added.
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
  // A libvirt before 5.5 has no such list, and its links are left as they are.
  const listed = await virsh("net-port-list", "--uuid", name).catch(() => undefined);
  if (listed === undefined) return;
  const ports = new Set(lines(listed));
  const active = new Set(lines(await virsh("list", "--uuid")));
  const running = machines.filter((uuid) => active.has(uuid));
  // Each machine is asked only where some link is missing.
  if (ports.size >= running.length) return;
  const cutOff: { uuid: string; links: readonly NetworkLink[] }[] = [];
  for (const uuid of running) {
    const links = interfacesOn(name, await virsh("dumpxml", uuid)).filter(({ port }) => !ports.has(port));
    if (links.length > 0) cutOff.push({ uuid, links });
  }
  if (cutOff.length === 0) return;

  log(`network ${name} was stopped under ${cutOff.length} machines: linking them to it again`);
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
      for (const { uuid, links } of cutOff) {
        for (const { on } of links) {
          await virsh("update-device", uuid, await file(on(aside)), "--live");
          await virsh("update-device", uuid, await file(on(name)), "--live");
        }
      }
    } finally {
      await virsh("net-destroy", aside);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** An interface of a domain on a network. */
export interface NetworkLink {
  /** UUID of its port in the network; "" where it has none. */
  readonly port: string;
  /** Its XML on whichever network. */
  readonly on: (network: string) => string;
}

/** The interfaces that a domain has on a network. */
export function interfacesOn(network: string, domain: string): NetworkLink[] {
  const interfaces = [...domain.matchAll(/<interface type='network'>.*?<\/interface>/gs)].map(([text]) => text);
  const source = /<source\s[^>]*\bnetwork='([^']*)'[^>]*\/>/;
  return interfaces
    .filter((text) => source.exec(text)?.[1] === network)
    .map((text) => ({
      port: /\bportid='([^']*)'/.exec(source.exec(text)?.[0] ?? "")?.[1] ?? "",
      on: (other) => text.replace(source, `<source network='${other}'/>`),
    }));
}
