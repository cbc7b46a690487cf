import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scriptInput, startScript } from "../../guest/script.ts";
import { inCheckout } from "../checkout.ts";
import { item, type Item } from "./evidence.ts";
import { ask, limits, tail } from "./probe.ts";
import { identityOf, type StackNode } from "./state.ts";

/** How nodes are logged in to. */
export interface Login {
  readonly user: string;
  /** Path of the private key; undefined when the agent has it. */
  readonly keyPath: string | undefined;
}

/** What asking a node needs. */
export interface NodeAccess {
  readonly login: Login;
  readonly uri: string;
  /** Private folder for what ssh reads. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** What a node knows of itself, over ssh; a single item that is missing when it cannot be asked. */
export async function askNode(node: StackNode, access: NodeAccess): Promise<readonly Item[]> {
  const { login, signal } = access;
  const nothing = (why: string) => [item("ssh", node.name, "", why)];
  const address = node.address ?? (await findAddress(node, access));
  if (address === undefined) return nothing("the node has no address that the state or libvirt knows");
  const hostKey = node.hostKey ?? (await readHostKey(node, access));
  if (hostKey === undefined) return nothing("its host key is not known, and the guest agent does not tell it");

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
  const answer = await ask("ssh", [...sshOptions(login, known), address, startScript(script)], {
    signal,
    // The script's own limit comes first; logging in to an emulated node takes seconds.
    limit: limits.node + 30,
    input: scriptInput([{ script: "diagnose", parameters }]),
  });
  const sections = readSections(answer.stdout, boundary);
  if (sections.length === 0) return nothing(answer.problem ?? "it logged in and printed nothing");
  const asked = `asked ${began.getTime() / 1000} ${Date.now() / 1000}\n`;
  const complete = sections.at(-1)?.name === "end";
  return sections
    .filter(({ name }) => name !== "end")
    .map(({ name, text }, index, all) => {
      const cut = !complete && index === all.length - 1;
      const why = cut
        ? `it was cut off, and nothing after it was told: ${answer.problem ?? "the end is not there"}`
        : undefined;
      return item(name, node.name, tail(name === "clock" ? asked + text : text), why);
    });
}

/** Options of ssh: nothing is asked, nothing of the user's own is read or written, and one host key is accepted. */
export function sshOptions({ user, keyPath }: Login, knownHosts: string): readonly string[] {
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
    ...(keyPath === undefined ? [] : ["IdentitiesOnly=yes"]),
  ];
  const key = keyPath === undefined ? [] : ["-i", keyPath];
  return ["-F", "none", "-T", ...options.flatMap((option) => ["-o", option]), ...key, "-l", user];
}

/** The parts of what the script printed. */
export function readSections(text: string, boundary: string): readonly { name: string; text: string }[] {
  return `\n${text}`
    .split(`\n${boundary} `)
    .slice(1)
    .map((section) => {
      const end = section.indexOf("\n");
      return end < 0 ? { name: section, text: "" } : { name: section.slice(0, end), text: section.slice(end + 1) };
    });
}

async function writeKnownHosts(name: string, address: string, hostKey: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `known-hosts-${name}`);
  await writeFile(path, `${address} ${hostKey}\n`, { mode: 0o600 });
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
