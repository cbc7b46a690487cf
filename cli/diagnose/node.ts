import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { scriptInput, startScript } from "../../guest/script.ts";
import type { Role } from "../../topology.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { isUsable } from "../../libvirt/uri.ts";
import { virshArguments } from "../../libvirt/virsh.ts";
import { sshOptions, writeKnownHosts, type Login } from "../node-ssh.ts";
import { item, withoutFirstLine, type Item } from "./evidence.ts";
import { ask, limits } from "./probe.ts";
import { identityOf, type ClusterNode } from "./state.ts";

/** Access to a node. */
export interface NodeAccess {
  readonly login: Login;
  readonly uri: string;
  /** Private folder for ssh's files. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Names of the items of guest/diagnose.sh. A node is not trusted, so every other item is dropped. */
export const scriptItems: Readonly<Record<Role, readonly string[]>> = itemsByRole();

/** Bytes of an item that guest/diagnose.sh keeps, from its end. */
const itemBytes = 65_536;

/** Asks a node for its state over ssh. Returns one missing item when the node cannot be asked. */
export async function askNode(node: ClusterNode, access: NodeAccess): Promise<readonly Item[]> {
  const { login, signal } = access;
  const nothing = (why: string) => [item("ssh", node.name, "", why)];
  const address = node.address ?? (await findAddress(node, access));
  if (address === undefined) return nothing("neither the state nor libvirt has an address of the node");
  const hostKey = node.hostKey ?? (await readHostKey(node, access));
  if (hostKey === undefined) return nothing("neither the state nor the guest agent has its host key");

  // The address may come from the node's guest agent.
  if (!isIPv4(address))
    return nothing(`its address is invalid: expected an IPv4 address, got ${JSON.stringify(address)}`);

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
    // Longer than the script's own limit, because the login to an emulated node takes seconds.
    limit: limits.node + 30,
    input: scriptInput([{ script: "diagnose", parameters }]),
  });
  const { sections, complete, unknown } = readSections(answer.stdout, boundary, scriptItems[node.role]);
  if (sections.length === 0) return nothing(answer.problem ?? "the login succeeded, but the script printed nothing");
  const whole = (text: string) => (Buffer.byteLength(text) < itemBytes ? text : withoutFirstLine(text));
  const asked = `asked ${began.getTime() / 1000} ${Date.now() / 1000}\n`;
  const items = sections.map(({ name, text }, index, all) => {
    const isLast = index === all.length - 1;
    const why =
      !complete && isLast ? `cut off, with all later items: ${answer.problem ?? "the end is missing"}` : undefined;
    return item(name, node.name, name === "clock" ? asked + text : whole(text), why);
  });
  if (unknown.length === 0) return items;
  const shown = unknown.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 40)));
  const more = unknown.length > shown.length ? ", ..." : "";
  const why = `left out ${unknown.length} unexpected or repeated items of the node: ${shown.join(", ")}${more}`;
  return [...items, item("left-out", node.name, "", why)];
}

/** Expected items of a script's output. */
export interface Sections {
  /** At most one of each name, in the order of the output. */
  readonly sections: readonly { readonly name: string; readonly text: string }[];
  /** Whether the output has the script's last line. */
  readonly complete: boolean;
  /** Unexpected or repeated names. The node chose them. */
  readonly unknown: readonly string[];
}

/** Splits a script's output into items. The node knows the boundary, so it can print any item. */
export function readSections(text: string, boundary: string, names: readonly string[]): Sections {
  const parts = `\n${text}`
    .split(`\n${boundary} `)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return end < 0 ? { name: part, text: "" } : { name: part.slice(0, end), text: part.slice(end + 1) };
    });
  const end = parts.findIndex(({ name }) => name === "end");
  const items = new Map<string, string>();
  const unknown: string[] = [];
  parts.forEach(({ name, text }, index) => {
    if (index === end) return;
    if ((end >= 0 && index > end) || !names.includes(name) || items.has(name)) unknown.push(name);
    else items.set(name, text);
  });
  return { sections: [...items].map(([name, text]) => ({ name, text })), complete: end >= 0, unknown };
}

function itemsByRole(): Readonly<Record<Role, readonly string[]>> {
  const common = ["clock", "hostname", "cloud-init", "units", "failed-units", "disk", "inodes", "memory", "kernel"];
  const units = ["containerd", "kubelet", "flanneld", "kube-proxy"];
  const worker = [...common, "addresses", "image", ...units, "container-images", "cloud-init-log"];
  const answers = ["api-server", "nodes", "join-requests", "join-approval", "kubelet-requests", "kubelet-approval"];
  const controlPlane = [...answers, "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
  return { worker, "control-plane": [...worker, ...controlPlane] };
}

/** Asks libvirt for an address. The state lacks it during a bring-up, and always for a node that sets its own address. */
async function findAddress({ resource }: ClusterNode, { uri, signal }: NodeAccess): Promise<string | undefined> {
  // The other items of this machine have the reason of the refusal.
  if (!isUsable(uri)) return undefined;
  for (const source of ["lease", "agent"]) {
    const args = virshArguments(uri, "domifaddr", resource, "--source", source);
    const { stdout } = await ask("virsh", args, { signal, limit: 20 });
    const addresses = [...stdout.matchAll(/\bipv4\s+([\d.]+)\//g)].map(([, address]) => address);
    const found = addresses.find((address) => !address?.startsWith("127."));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Asks the guest agent for the host key once, as `up` does. A key from the network would prove nothing. */
async function readHostKey({ resource, mac }: ClusterNode, { uri, signal }: NodeAccess): Promise<string | undefined> {
  const { stdout } = await ask(process.execPath, [inCheckout("operator", "read-identity.ts")], {
    signal,
    env: { LIBVIRT_URI: uri, DOMAIN: resource, MAC: mac ?? "", LIMIT_SECONDS: "5" },
  });
  return identityOf(stdout.trim()).hostKey;
}
