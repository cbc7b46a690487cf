import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Element } from "@xmldom/xmldom";
import { lines, type Virsh } from "../../libvirt/virsh.ts";
import { attribute, childrenOf, rootOf, xmlOf } from "../../libvirt/xml.ts";
import type { Log } from "../../lib/log.ts";
import type { LibvirtObject } from "./hypervisors.ts";

/** Starts the inactive ones of the stack's pools. */
export async function startPools(virsh: Virsh, pools: readonly LibvirtObject[], log: Log): Promise<void> {
  await start(virsh, pools, "pool", log);
}

/** Starts the inactive ones of the stack's networks. The provider (0.8.3) does not check whether a network is active. */
export async function startNetworks(virsh: Virsh, networks: readonly LibvirtObject[], log: Log): Promise<void> {
  await start(virsh, networks, "net", log);
}

async function start(virsh: Virsh, objects: readonly LibvirtObject[], kind: "net" | "pool", log: Log): Promise<void> {
  if (objects.length === 0) return;
  const stopped = lines(await virsh(`${kind}-list`, "--inactive", "--name"));
  for (const { name, uuid } of objects) {
    // Another user may have created another object of this name since.
    if (!stopped.includes(name) || (await virsh(`${kind}-uuid`, name)).trim() !== uuid) continue;
    log(`${kind === "net" ? "network" : "storage pool"} ${name} is not active: starting it`);
    await virsh(`${kind}-start`, name);
  }
}

/**
 * Restores the links of machines to their network, which they lost when it was stopped. A restarted network has another
 * bridge, and machines that were running are not connected to it (tried with libvirt 9.0). A link is a port of the network,
 * and a network loses its ports when it stops. The `connections` of its definition do not show that, because libvirt drops
 * them when a reservation is added.
 *
 * No machine is restarted: its interface moves to a temporary network and back, so that libvirt connects the tap to the
 * bridge. An update to the network that the interface already has changes nothing.
 * @param machines UUIDs of the stack's machines on this network.
 * @throws when libvirt refuses. The temporary network is removed then, too.
 */
export async function restoreLinks(
  virsh: Virsh,
  { name }: LibvirtObject,
  machines: readonly string[],
  log: Log,
): Promise<void> {
  if (machines.length === 0) return;
  // libvirt before 5.5 has no such list. The links then stay as they are.
  const listed = await virsh("net-port-list", "--uuid", name).catch(() => undefined);
  if (listed === undefined) return;
  const ports = new Set(lines(listed));
  const active = new Set(lines(await virsh("list", "--uuid")));
  const running = machines.filter((uuid) => active.has(uuid));
  // Each machine costs a call of virsh, so only where a link is missing.
  if (ports.size >= running.length) return;
  const unlinked: { uuid: string; links: readonly NetworkLink[] }[] = [];
  for (const uuid of running) {
    const links = interfacesOn(name, await virsh("dumpxml", uuid)).filter(({ port }) => !ports.has(port));
    if (links.length > 0) unlinked.push({ uuid, links });
  }
  if (unlinked.length === 0) return;

  log(`network ${name} was stopped and has lost its links to ${unlinked.length} machines: restoring them`);
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-links-"));
  const temporary = `nodeforge-${randomUUID().slice(0, 8)}`;
  const file = async (text: string) => {
    const path = join(folder, "device.xml");
    await writeFile(path, text);
    return path;
  };
  try {
    // Without address and DHCP: no machine gets a wrong lease there.
    await virsh("net-create", await file(`<network><name>${temporary}</name></network>`));
    try {
      for (const { uuid, links } of unlinked) {
        for (const { on } of links) {
          await virsh("update-device", uuid, await file(on(temporary)), "--live");
          await virsh("update-device", uuid, await file(on(name)), "--live");
        }
      }
    } finally {
      await virsh("net-destroy", temporary);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** An interface of a domain on a network. */
export interface NetworkLink {
  /** UUID of its port in the network; "" without a port. */
  readonly port: string;
  /** Returns its XML, connected to a network of this name. */
  readonly on: (network: string) => string;
}

/** Interfaces that a domain's XML has on a network. */
export function interfacesOn(network: string, domain: string): NetworkLink[] {
  return childrenOf(rootOf(domain), "devices")
    .flatMap((devices) => childrenOf(devices, "interface"))
    .map((link) => ({ link, source: childrenOf(link, "source")[0] }))
    .filter(({ source }) => attribute(source, "network") === network)
    .map(({ link, source }) => ({
      port: attribute(source, "portid") ?? "",
      on: (other) => xmlOf(withSource(link, other)),
    }));
}

/** Returns a copy of an interface whose source is a network of another name. */
function withSource(link: Element, network: string): Element {
  const copy = link.cloneNode(true) as Element;
  for (const source of childrenOf(copy, "source")) {
    // The other attributes belong to the port of the network before.
    for (const { name } of [...source.attributes]) source.removeAttribute(name);
    source.setAttribute("network", network);
  }
  return copy;
}
