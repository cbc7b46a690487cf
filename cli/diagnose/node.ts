import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { scriptInput, startScript } from "../../guest/script.ts";
import type { Role } from "../../topology.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { item, withoutFirstLine, type Item } from "./evidence.ts";
import { ask, limits } from "./probe.ts";
import { identityOf, type StackNode } from "./state.ts";

/** How nodes are logged in to. */
export interface Login {
  readonly user: string;
  /** Paths of private keys, one of which is the right one; none when the agent has it. */
  readonly keyPaths: readonly string[];
}

/** What asking a node needs. */
export interface NodeAccess {
  readonly login: Login;
  readonly uri: string;
  /** Private folder for what ssh reads. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The items that guest/diagnose.sh tells. A node is not to be trusted, so nothing else of what it prints is one. */
export const scriptItems: Readonly<Record<Role, readonly string[]>> = itemsByRole();

/** Bytes of an item that guest/diagnose.sh keeps: its end. */
const itemBytes = 65_536;

/** What a node knows of itself, over ssh; a single item that is missing when it cannot be asked. */
export async function askNode(node: StackNode, access: NodeAccess): Promise<readonly Item[]> {
  const { login, signal } = access;
  const nothing = (why: string) => [item("ssh", node.name, "", why)];
  const address = node.address ?? (await findAddress(node, access));
  if (address === undefined) return nothing("the node has no address that the state or libvirt knows");
  const hostKey = node.hostKey ?? (await readHostKey(node, access));
  if (hostKey === undefined) return nothing("its host key is not known, and the guest agent does not tell it");

  // Some come from the node's guest agent.
  if (!isIPv4(address)) return nothing(`wanted an IPv4 address of it, got ${JSON.stringify(address)}`);

  const boundary = `nodeforge-${randomUUID()}`;
  const known = await writeKnownHosts(node.name, address, hostKey, access.folder);
  const script = { script: "diagnose", user: login.user, limitMinutes: limits.node / 60 } as const;
  const parameters = {
    BOUNDARY: boundary,
    ROLE: node.role,
    ITEM_LIMIT_SECONDS: limits.item,
    JOURNAL_LINES: limits.journalLines,
  };
  const began = new Date();
  const answer = await ask("ssh", [...sshOptions(login, known), "--", address, startScript(script)], {
    signal,
    // The script's own limit comes first; logging in to an emulated node takes seconds.
    limit: limits.node + 30,
    input: scriptInput([{ script: "diagnose", parameters }]),
  });
  const { sections, complete, unknown } = readSections(answer.stdout, boundary, scriptItems[node.role]);
  if (sections.length === 0) return nothing(answer.problem ?? "it logged in and printed nothing");
  const whole = (text: string) => (Buffer.byteLength(text) < itemBytes ? text : withoutFirstLine(text));
  const asked = `asked ${began.getTime() / 1000} ${Date.now() / 1000}\n`;
  const items = sections.map(({ name, text }, index, all) => {
    const isLast = index === all.length - 1;
    const why =
      !complete && isLast
        ? `it was cut off, and nothing after it was told: ${answer.problem ?? "the end is not there"}`
        : undefined;
    return item(name, node.name, name === "clock" ? asked + text : whole(text), why);
  });
  if (unknown.length === 0) return items;
  const shown = unknown.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 40)));
  const more = unknown.length > shown.length ? ", ..." : "";
  const why = `the node told ${unknown.length} items that nobody asked for, or twice; left out: ${shown.join(", ")}${more}`;
  return [...items, item("left-out", node.name, "", why)];
}

/** Options of ssh: nothing is asked, nothing of the user's own is read or written, and one host key is accepted. */
export function sshOptions({ user, keyPaths }: Login, knownHosts: string): readonly string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=20",
    // A machine that stops answering is given up after a minute.
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile="${knownHosts}"`,
    "GlobalKnownHostsFile=/dev/null",
    "HostKeyAlgorithms=ssh-ed25519",
    "LogLevel=ERROR",
    ...(keyPaths.length === 0 ? [] : ["IdentitiesOnly=yes"]),
  ];
  const keys = keyPaths.flatMap((path) => ["-i", path]);
  return ["-F", "none", "-T", ...options.flatMap((option) => ["-o", option]), ...keys, "-l", user];
}

/** What a node's script printed, as far as it is what was asked for. */
export interface Sections {
  /** At most one of each name, in the order in which they came. */
  readonly sections: readonly { readonly name: string; readonly text: string }[];
  /** Whether the script came to its end. */
  readonly complete: boolean;
  /** Names that are not among those that are known, or came again. The node chose them. */
  readonly unknown: readonly string[];
}

/** The parts of what the script printed. The node knows the boundary, so it can make any text a part. */
export function readSections(text: string, boundary: string, names: readonly string[]): Sections {
  const parts = `\n${text}`
    .split(`\n${boundary} `)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return end < 0 ? { name: part, text: "" } : { name: part.slice(0, end), text: part.slice(end + 1) };
    });
  const end = parts.findIndex(({ name }) => name === "end");
  const told = new Map<string, string>();
  const unknown: string[] = [];
  parts.forEach(({ name, text }, index) => {
    if (index === end) return;
    if ((end >= 0 && index > end) || !names.includes(name) || told.has(name)) unknown.push(name);
    else told.set(name, text);
  });
  return { sections: [...told].map(([name, text]) => ({ name, text })), complete: end >= 0, unknown };
}

function itemsByRole(): Readonly<Record<Role, readonly string[]>> {
  const common = ["clock", "hostname", "cloud-init", "units", "failed-units", "disk", "inodes", "memory", "kernel"];
  const units = ["containerd", "kubelet", "flanneld", "kube-proxy"];
  const worker = [...common, "addresses", "image", ...units, "container-images", "cloud-init-log"];
  const controlPlane = ["api-server", "nodes", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
  return { worker, "control-plane": [...worker, ...controlPlane] };
}

async function writeKnownHosts(name: string, address: string, hostKey: string, folder: string): Promise<string> {
  const path = join(folder, `known-hosts-${name}`);
  await writeOwn(path, `${address} ${hostKey}\n`);
  return path;
}

/** Asks libvirt, which sees what the state does not have yet, or never has of a node that sets its own address. */
async function findAddress({ resource }: StackNode, { uri, signal }: NodeAccess): Promise<string | undefined> {
  for (const source of ["lease", "agent"]) {
    const args = ["-c", uri, "domifaddr", resource, "--source", source];
    const { stdout } = await ask("virsh", args, { signal, limit: 20 });
    const addresses = [...stdout.matchAll(/\bipv4\s+([\d.]+)\//g)].map(([, address]) => address);
    const found = addresses.find((address) => !address?.startsWith("127."));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Asks the guest agent once, the way `up` does; a key that came over the network would prove nothing. */
async function readHostKey({ resource, mac }: StackNode, { uri, signal }: NodeAccess): Promise<string | undefined> {
  const { stdout } = await ask(process.execPath, [inCheckout("operator", "read-identity.ts")], {
    signal,
    env: { LIBVIRT_URI: uri, DOMAIN: resource, MAC: mac ?? "", LIMIT_SECONDS: "5" },
  });
  return identityOf(stdout.trim()).hostKey;
}
