import { createReadStream } from "node:fs";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { execa } from "execa";
import { expandHome, privateKeyPath, publicKeySources } from "../config/ssh.ts";
import { scriptInput, startScript, type GuestScript } from "../guest/script.ts";
import { object, readJson } from "../lib/outside.ts";
import { plainText } from "../lib/plain-text.ts";
import { writeOwn } from "../lib/private-files.ts";
import { searchPath } from "../lib/process.ts";
import type { Session } from "./stack/session.ts";
import type { StackSettings } from "./stack/settings.ts";

const receipt = { name: "the control plane's answer about a file", fix: "npm run diagnose" };
const receiptShape = object({ present: { type: "boolean" } });

/** Login for nodes. */
export interface Login {
  readonly user: string;
  /** Paths of private keys, one of which is the right one; none when the agent has the key. */
  readonly keyPaths: readonly string[];
}

/** Returns the login that a stack's settings describe. */
export function loginOf({ get }: Pick<StackSettings, "get">, { variables }: Pick<Session, "variables">): Login {
  const user = get("sshUser");
  if (get("sshAgent") === "true") return { user, keyPaths: [] };
  const setting = get("sshPrivateKeyPath");
  const named = { publicKey: get("sshPublicKey"), privateKeyPath: setting, agent: false };
  const sources = publicKeySources(named, { ...process.env, ...variables });
  // Only the program can tell which key the cluster was created with.
  return { user, keyPaths: [...new Set(sources.map((source) => expandHome(privateKeyPath(source, setting))))] };
}

/** Returns options of ssh: without prompts, without the user's own files, and with one accepted host key. */
export function sshOptions({ user, keyPaths }: Login, knownHosts: string): readonly string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=20",
    // Gives up a silent machine after a minute.
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

/** Writes the host key of a node to a file of its own in a private folder, and returns its path. */
export async function writeKnownHosts(name: string, address: string, hostKey: string, folder: string): Promise<string> {
  const path = join(folder, `known-hosts-${name}`);
  await writeOwn(path, `${address} ${hostKey}\n`);
  return path;
}

/** A node that runs guest scripts. */
export interface NodePlace {
  readonly name: string;
  /** IPv4 address. */
  readonly address: string;
  /** ssh host key, e.g. `ssh-ed25519 AAAA`. */
  readonly hostKey: string;
  readonly login: Login;
  /** Private folder for ssh's files. */
  readonly folder: string;
}

/** Runs guest scripts on the control plane. */
export interface ControlPlaneShell {
  /**
   * Runs a guest script and returns its output.
   * @param stdin Standard input of the script. @default nothing
   * @param limitMinutes Limit of the script. @default 5
   * @throws with the script's last `FAILED:` line, else with the reason of ssh.
   */
  readonly run: (
    script: GuestScript,
    parameters?: Readonly<Record<string, string | number>>,
    stdin?: string,
    limitMinutes?: number,
  ) => Promise<string>;
  /**
   * Copies a program to the control plane, unless it has one with this SHA-256 (hex). @throws as {@link run} does.
   */
  readonly copy: (localFile: string, sha256: string) => Promise<void>;
  /** Ends the connection. */
  readonly close: () => Promise<void>;
}

/** Bytes of one script's output. The metrics of an API server have about 10 MB. */
const outputBytes = 64 * 2 ** 20;

/** Returns a shell of a node. All its calls share one connection, because a login to an emulated node takes seconds. */
export async function controlPlaneShell({
  name,
  address,
  hostKey,
  login,
  folder,
}: NodePlace): Promise<ControlPlaneShell> {
  if (!isIPv4(address)) {
    throw new Error(`the address of ${name} is invalid: expected an IPv4 address, got ${JSON.stringify(address)}`);
  }
  const known = await writeKnownHosts(name, address, hostKey, folder);
  // A lost operator leaves the connection for this time at most. %C keeps the path short: a socket's has 104 bytes at most.
  const shared = ["ControlMaster=auto", `ControlPath="${join(folder, "%C")}"`, "ControlPersist=60"];
  const options = [...sshOptions(login, known), ...shared.flatMap((option) => ["-o", option])];

  const start = async (call: Call, body: string | Readable, limitMinutes: number) => {
    const script = { script: call.script, user: login.user, limitMinutes };
    const input = scriptInput([call]);
    const result = await execa("ssh", [...options, "--", address, startScript(script)], {
      ...(typeof body === "string" ? { input: input + body } : { input: Readable.from(joined(input, body)) }),
      env: { PATH: searchPath(), LC_ALL: "C" },
      reject: false,
      // Longer than the script's own limit, because the login to an emulated node takes seconds.
      timeout: (limitMinutes * 60 + 30) * 1000,
      forceKillAfterDelay: 2_000,
      maxBuffer: outputBytes,
      stripFinalNewline: false,
    });
    if (result.failed) throw new Error(problemOf(call.script, name, result));
    return result.stdout;
  };

  const run: ControlPlaneShell["run"] = (script, parameters = {}, stdin = "", limitMinutes = 5) =>
    start({ script, parameters }, stdin, limitMinutes);

  return {
    run,
    copy: async (localFile, sha256) => {
      const present = await run("bench-receive", { SHA256: sha256, STORE: "no" });
      if (readJson<{ present: boolean }>(present, receipt, receiptShape).present) return;
      const call = { script: "bench-receive", parameters: { SHA256: sha256, STORE: "yes" } } as const;
      await start(call, createReadStream(localFile), 15);
    },
    close: async () => {
      await execa("ssh", [...options, "-O", "exit", "--", address], {
        reject: false,
        stdin: "ignore",
        timeout: 10_000,
      });
    },
  };
}

interface Call {
  readonly script: GuestScript;
  readonly parameters: Readonly<Record<string, string | number>>;
}

interface Failure {
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly code?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

async function* joined(head: string, body: Readable): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  for await (const chunk of body) yield chunk as Buffer;
}

/** Reason of a failed call. The text of a node is not trusted, so nothing that a terminal obeys stays in it. */
function problemOf(script: GuestScript, name: string, failure: Failure): string {
  const { stderr, timedOut, isMaxBuffer, code, exitCode, signal } = failure;
  const lines = plainText(stderr).trim().split("\n");
  const failed = lines.findLast((line) => line.includes("FAILED: "));
  // timeout(1) ends a script with 124, and with 137 where it had to kill it.
  const late = timedOut || exitCode === 124 || exitCode === 137;
  const why =
    failed?.replace(/^.*?FAILED: /, "") ??
    (code === "ENOENT"
      ? "ssh is not installed"
      : isMaxBuffer
        ? `it printed more than ${outputBytes / 2 ** 20} MiB`
        : late
          ? "it did not end within its limit"
          : lines.at(-1) || `exit code ${exitCode ?? signal}`);
  return `${script} on ${name}: ${why}`;
}
