import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { InstantPlugins } from "./instant-plugins.ts";
import { at } from "./properties.ts";
import type { Thing } from "./things.ts";

/** A `virsh` for PATH. */
export interface InstalledVirsh {
  readonly folder: string;
  readonly close: () => void;
}

/** The part of the instant plugins that answers. */
type Hypervisor = Pick<InstantPlugins, "world" | "guests">;

/** Bash program that sends its arguments to the test, and ends with the test's answer. */
const script = (port: number) => `#!/usr/bin/env bash
exec 3<>/dev/tcp/127.0.0.1/${port}
printf '%s\\t' "$@" >&3
echo >&3
read -r code <&3
if ((code == 0)); then cat <&3; else cat <&3 >&2; fi
exit "$code"
`;

/** Writes a program `virsh` whose hypervisor is the world of a test. */
export async function installVirsh(folder: string, hypervisor: Hypervisor): Promise<InstalledVirsh> {
  const server = createServer((socket) => {
    // The kill of a CLI also ends the virsh that it waits for.
    socket.on("error", () => undefined);
    socket.once("data", (line) => {
      const args = line.toString().split("\t").slice(0, -1);
      try {
        socket.end(`0\n${virsh(hypervisor, args)}`);
      } catch (error) {
        socket.end(`1\nerror: ${(error as Error).message}\n`);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await mkdir(folder);
  await writeFile(join(folder, "virsh"), script((server.address() as AddressInfo).port), { mode: 0o755 });
  return { folder, close: () => server.close() };
}

/** Output of a virsh command. @throws the error of virsh. */
export function virsh({ world, guests }: Hypervisor, args: readonly string[]): string {
  const [command = "", ...operands] = args[0] === "-q" ? args.slice(3) : args;
  const name = operands.at(-1) ?? "";
  const need = (kind: string, taken: string): Thing => {
    const found = world.named(kind, taken) ?? world.withId(kind, taken);
    if (!found) throw new Error(`failed to get ${kind.toLowerCase()} '${taken}'`);
    return found;
  };
  const remove = (thing: Thing) => {
    world.drop(thing);
    guests.remove(thing.id);
    return "";
  };
  const isActive = ({ properties }: Thing) => properties.active !== false;
  // Without an option, virsh lists only active objects.
  const listed = (kind: string, isOn: (thing: Thing) => boolean) =>
    world.ofKind(kind).filter((thing) => operands.includes("--all") || isOn(thing) !== operands.includes("--inactive"));
  const namesOf = (things: readonly Thing[]) => things.map(({ taken }) => `${taken}\n`).join("");
  const activate = (kind: string, active: boolean) => {
    const thing = need(kind, name);
    if (isActive(thing) === active)
      throw new Error(`${kind.toLowerCase()} '${name}' is ${active ? "already" : "not"} active`);
    thing.properties = { ...thing.properties, active };
    return "";
  };
  const networksOf = ({ properties }: Thing) =>
    ((properties.networkInterfaces ?? []) as { networkName: string }[]).map(({ networkName }) => networkName);
  const linksTo = (network: string) => world.ofKind("Domain").filter((domain) => networksOf(domain).includes(network));
  const pool = operands[operands.indexOf("--pool") + 1] ?? "";
  const needVolume = (): Thing => {
    needActivePool(pool);
    return need("Volume", `/pools/${pool}/${name}`);
  };
  // libvirt finds no volume of an inactive pool.
  const needActivePool = (taken: string) => {
    const found = world.named("Pool", taken);
    if (found && !isActive(found)) throw new Error(`storage pool '${taken}' is not active`);
  };
  switch (command) {
    case "uri":
      return "qemu:///system\n";
    case "list": {
      // No machine of this world is paused, asleep, or saved.
      if (/--state-paused|--with-managed-save/.test(operands.join(" "))) return "";
      const domains = listed("Domain", ({ id }) => guests.isRunning(id));
      if (!operands.includes("--uuid")) return namesOf(domains);
      return domains.map(({ id, taken }) => `${id} ${taken}\n`).join("");
    }
    case "net-list":
      return namesOf(listed("Network", isActive));
    case "pool-list":
      return namesOf(listed("Pool", isActive));
    // A hypervisor with enough memory for every test, also for the largest machine of a configuration.
    case "nodeinfo":
      return "CPU(s):              64\nMemory size:         1099511627776 KiB\n";
    case "domcapabilities":
      return "<domainCapabilities/>";
    case "vol-list":
      needActivePool(pool);
      return world
        .ofKind("Volume")
        .filter(({ id }) => id.startsWith(`/pools/${pool}/`))
        .map(({ id }) => ` ${id.split("/").at(-1)}   ${id}\n`)
        .join("");
    case "domuuid":
      return need("Domain", name).id;
    case "pool-refresh":
      needActivePool(name);
      return "";
    case "net-uuid":
      return need("Network", name).id;
    case "pool-uuid":
      return need("Pool", name).id;
    case "desc":
      return String(need("Domain", name).properties.description);
    case "net-dumpxml":
      return networkDefinition(
        need("Network", name),
        linksTo(name).filter(({ id }) => guests.isRunning(id)).length,
        [...world.reservations].flatMap(([key, node]) =>
          key.startsWith(`${name} `) ? [{ mac: key.split(" ")[1]!, node }] : [],
        ),
      );
    case "net-update": {
      const [network = "", command, , host = ""] = operands;
      if (command === "delete") {
        world.reservations.delete(`${need("Network", network).taken} ${/mac='(.*)'/.exec(host)?.[1]}`);
        return "";
      }
      const [, mac = "", node = ""] = /mac='(.*)' name='(.*)' ip='.*'/.exec(host) ?? [];
      world.reservations.set(`${need("Network", network).taken} ${mac}`, node);
      return "";
    }
    case "net-port-list":
      return linksTo(name)
        .filter(({ id }) => guests.isRunning(id))
        .map(({ id }) => ` ${id}\n`)
        .join("");
    case "domiflist":
      return networksOf(need("Domain", name))
        .map((network) => ` -   network   ${network}   virtio   52:54:00:00:00:01\n`)
        .join("");
    case "pool-dumpxml":
      return poolDefinition(need("Pool", name));
    case "destroy": {
      const { id } = need("Domain", name);
      if (!guests.isRunning(id)) throw new Error("Requested operation is not valid: domain is not running");
      guests.stop(id);
      return "";
    }
    case "net-start":
    case "net-destroy":
      return activate("Network", command === "net-start");
    case "pool-start":
    case "pool-destroy":
      return activate("Pool", command === "pool-start");
    case "undefine":
      return remove(need("Domain", operands[0] ?? ""));
    case "net-undefine":
      return remove(need("Network", name));
    case "pool-undefine": {
      const thing = need("Pool", name);
      if (isActive(thing)) throw new Error(`storage pool '${name}' is still active`);
      return remove(thing);
    }
    case "vol-dumpxml": {
      const { id, properties } = needVolume();
      const backing = `<backingStore><path>${String(at(properties, "baseVolumeId"))}</path></backingStore>`;
      return `<volume><key>${id}</key>${backing}</volume>`;
    }
    case "domblklist": {
      const disks = (need("Domain", name).properties.disks ?? []) as { volumeId: string }[];
      return disks.map(({ volumeId }) => ` file   disk   vda   ${volumeId}\n`).join("");
    }
    case "vol-key":
    case "vol-path":
      return needVolume().id;
    case "vol-delete":
      return remove(needVolume());
    default:
      throw new Error(`the tests expect no virsh ${command}`);
  }
}

function poolDefinition({ properties }: Thing): string {
  const { type = "dir" } = properties as { type?: string };
  return `<pool type='${type}'><target><path>${String(at(properties, "target.path"))}</path></target></pool>`;
}

function networkDefinition(
  { taken, properties }: Thing,
  connections: number,
  reserved: readonly { mac: string; node: string }[],
): string {
  const [metadata = ""] = /<metadata>.*<\/metadata>/.exec(String(at(properties, "xml.xslt"))) ?? [];
  const ips = ((properties.addresses ?? []) as string[]).map((cidr) => {
    const [address, prefix] = cidr.split("/");
    const range = properties.range as [string, string] | undefined;
    const hosts = reserved.map(({ mac, node }) => `<host mac='${mac}' name='${node}' ip='${address}'/>`).join("");
    const dhcp = `<dhcp>${range ? `<range start='${range[0]}' end='${range[1]}'/>` : ""}${hosts}</dhcp>`;
    return `<ip address='${address}' prefix='${prefix}'>${dhcp}</ip>`;
  });
  return `<network${connections > 0 ? ` connections='${connections}'` : ""}><name>${taken}</name>${metadata}${ips.join("")}</network>`;
}
