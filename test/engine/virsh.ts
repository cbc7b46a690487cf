import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { InstantPlugins } from "./instant-plugins.ts";
import { at } from "./properties.ts";
import type { Thing } from "./world.ts";

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
    const found = world.ofKind(kind).find((thing) => thing.taken === taken || thing.id === taken);
    if (!found) throw new Error(`failed to get ${kind.toLowerCase()} '${taken}'`);
    return found;
  };
  const remove = (thing: Thing) => {
    world.drop(thing);
    guests.remove(thing.id);
    return "";
  };
  const names = (kind: string) => world.ofKind(kind).map(({ taken }) => `${taken}\n`);
  const activeOf = (kind: string) =>
    world
      .ofKind(kind)
      .filter(({ properties }) => properties.active !== false)
      .map(({ taken }) => `${taken}\n`);
  const networksOf = ({ properties }: Thing) =>
    ((properties.networkInterfaces ?? []) as { networkName: string }[]).map(({ networkName }) => networkName);
  const linksTo = (network: string) => world.ofKind("Domain").filter((domain) => networksOf(domain).includes(network));
  const pool = operands[operands.indexOf("--pool") + 1] ?? "";
  switch (command) {
    case "list":
      if (!operands.includes("--uuid")) return names("Domain").join("");
      return world
        .ofKind("Domain")
        .filter(({ id }) => !operands.includes("--inactive") || !guests.isRunning(id))
        .map(({ id, taken }) => `${id} ${taken}\n`)
        .join("");
    case "net-list":
      return operands.includes("--all") ? names("Network").join("") : activeOf("Network").join("");
    case "pool-list":
      if (operands.includes("--inactive")) return "";
      return operands.includes("--all") ? names("Pool").join("") : activeOf("Pool").join("");
    // A hypervisor with enough memory for every test.
    case "nodeinfo":
      return "CPU(s):              64\nMemory size:         1073741824 KiB\n";
    case "domcapabilities":
      return "<domainCapabilities/>";
    case "vol-list":
      return world
        .ofKind("Volume")
        .filter(({ id }) => id.startsWith(`/pools/${pool}/`))
        .map(({ id }) => ` ${id.split("/").at(-1)}   ${id}\n`)
        .join("");
    case "domuuid":
      return need("Domain", name).id;
    case "pool-refresh":
      return "";
    case "net-uuid":
      return need("Network", name).id;
    case "pool-uuid":
      return need("Pool", name).id;
    case "desc":
      return String(need("Domain", name).properties.description);
    case "net-dumpxml":
      return networkDefinition(need("Network", name), linksTo(name).filter(({ id }) => guests.isRunning(id)).length);
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
    case "destroy":
    case "net-destroy":
    case "pool-destroy":
      return "";
    case "undefine":
      return remove(need("Domain", operands[0] ?? ""));
    case "net-undefine":
      return remove(need("Network", name));
    case "pool-undefine":
      return remove(need("Pool", name));
    case "vol-dumpxml": {
      const { id, properties } = need("Volume", `/pools/${pool}/${name}`);
      const backing = `<backingStore><path>${String(at(properties, "baseVolumeId"))}</path></backingStore>`;
      return `<volume><key>${id}</key>${backing}</volume>`;
    }
    case "domblklist": {
      const disks = (need("Domain", name).properties.disks ?? []) as { volumeId: string }[];
      return disks.map(({ volumeId }) => ` file   disk   vda   ${volumeId}\n`).join("");
    }
    case "vol-key":
    case "vol-path":
      return need("Volume", `/pools/${pool}/${name}`).id;
    case "vol-delete":
      return remove(need("Volume", `/pools/${pool}/${name}`));
    default:
      throw new Error(`the tests expect no virsh ${command}`);
  }
}

function poolDefinition({ properties }: Thing): string {
  const { type = "dir" } = properties as { type?: string };
  return `<pool type='${type}'><target><path>${String(at(properties, "target.path"))}</path></target></pool>`;
}

function networkDefinition({ taken, properties }: Thing, connections: number): string {
  const [metadata = ""] = /<metadata>.*<\/metadata>/.exec(String(at(properties, "xml.xslt"))) ?? [];
  const ips = ((properties.addresses ?? []) as string[]).map((cidr) => {
    const [address, prefix] = cidr.split("/");
    const range = properties.range as [string, string] | undefined;
    const dhcp = range ? `<dhcp><range start='${range[0]}' end='${range[1]}'/></dhcp>` : "";
    return `<ip address='${address}' prefix='${prefix}'>${dhcp}</ip>`;
  });
  return `<network${connections > 0 ? ` connections='${connections}'` : ""}><name>${taken}</name>${metadata}${ips.join("")}</network>`;
}
