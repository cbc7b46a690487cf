import { mkdtemp, rm } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTerminal, runInteractively, searchPath } from "../../lib/process.ts";
import { quoted } from "../../lib/shell.ts";
import { sshOptions, writeKnownHosts, type Login } from "../node-ssh.ts";
import type { Machine } from "./machine.ts";

/** Runs a program on this terminal and returns its exit code. */
type RunHere = typeof runInteractively;

/** Options of {@link runOnNode}, which tests replace. */
export interface NodeSessionOptions {
  /** @default {@link runInteractively} */
  readonly run?: RunHere;
  /** Whether this process has a terminal. @default {@link onTerminal} */
  readonly terminal?: boolean;
}

/**
 * Runs ssh to a node on this terminal, with the host key of the state. Without a command it opens a shell.
 * @param command Words for the node's shell, which joins them by spaces as ssh does.
 * @returns the exit code of the command; 255 when ssh failed.
 * @throws when the state lacks the node's address or host key.
 */
export async function runOnNode(
  machine: Machine,
  login: Login,
  command: readonly string[],
  { run = runInteractively, terminal = onTerminal() }: NodeSessionOptions = {},
): Promise<number> {
  const { name, address, hostKey } = machine;
  if (address === undefined || hostKey === undefined || !isIPv4(address)) {
    throw new Error(
      `the state has no ${hostKey === undefined ? "host key" : "IPv4 address"} of ${name}, because its bring-up did not finish. ` +
        `Fix: npm run up; until then: npm run console -- ${name}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-ssh-"));
  try {
    const known = await writeKnownHosts(name, address, hostKey, folder);
    // A later -t replaces the -T of the common options. A command gets no terminal, so that its output stays as it is.
    const shell = terminal && command.length === 0 ? ["-t"] : [];
    const args = [...sshOptions(login, known), ...shell, "--", address, ...command];
    return await run("ssh", args, { env: { ...process.env, PATH: searchPath() } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Selection of lines of a node's journal. */
export interface JournalRequest {
  /** Unit, as `systemctl` accepts it. @default the kubelet, and the units of nodeforge */
  readonly unit?: string | undefined;
  readonly follow?: boolean | undefined;
  /** Start of the lines, as `journalctl --since` accepts it. */
  readonly since?: string | undefined;
  /** Number of lines. @default 200, and all with `since` */
  readonly lines?: number | undefined;
  /** Further options of journalctl. @default none */
  readonly more?: readonly string[];
}

/** Units whose journal shows how a node joined and why it is not Ready. */
const defaultUnits = ["kubelet", "containerd", "nodeforge-*"];

/** Words of the command that prints a node's journal, for {@link runOnNode}. */
export function journalCommand(user: string, request: JournalRequest): readonly string[] {
  const { unit, follow = false, since, more = [], lines = since === undefined ? 200 : undefined } = request;
  const units = unit === undefined ? defaultUnits : [unit];
  return [
    ...(user === "root" ? [] : ["sudo", "-n"]),
    "journalctl",
    "--no-pager",
    ...units.flatMap((each) => ["--unit", quoted(each)]),
    ...(since === undefined ? [] : ["--since", quoted(since)]),
    ...(lines === undefined ? [] : ["--lines", String(lines)]),
    ...(follow ? ["--follow"] : []),
    ...more.map(quoted),
  ];
}
