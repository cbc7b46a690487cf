import { mkdtemp, rm } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { execa } from "execa";
import { scriptInput, startScript, type GuestScript } from "../../guest/script.ts";
import { logLine, type Log } from "../../lib/log.ts";
import { plainText } from "../../lib/plain-text.ts";
import { searchPath } from "../../lib/process.ts";
import { clusterStateOf } from "../diagnose/state.ts";
import { loginOf, sshOptions, writeKnownHosts, type Login } from "../node-ssh.ts";
import type { Session } from "../stack/session.ts";
import { stackArguments } from "../stack/settings.ts";
import type { StackState } from "../stack/state.ts";

/** Control plane of a stack, as ssh needs it. */
export interface ControlPlane {
  readonly name: string;
  /** IPv4 address. */
  readonly address: string;
  readonly hostKey: string;
  readonly login: Login;
}

/**
 * Returns the control plane of a stack's state.
 * @throws when the state has none, or lacks its address or host key.
 */
export function controlPlaneOf(
  state: StackState,
  session: Pick<Session, "stack" | "settings" | "variables">,
): ControlPlane {
  const { stack } = session;
  const node = clusterStateOf(state).nodes.find(({ role }) => role === "control-plane");
  const fix = `Fix: npm run up${["", ...stackArguments(stack)].join(" ").replace(" ", " -- ")}`;
  if (node === undefined) throw new Error(`the state of stack ${stack} has no control plane. ${fix}`);
  const { name, address, hostKey } = node;
  if (address === undefined || hostKey === undefined || !isIPv4(address)) {
    const missing = hostKey === undefined ? "host key" : "IPv4 address";
    throw new Error(`the state of stack ${stack} has no ${missing} of ${name}, which an unfinished up leaves. ${fix}`);
  }
  return { name, address, hostKey, login: loginOf(session.settings(), session) };
}

/** A guest script with its standard input. */
export interface StreamedCall {
  readonly script: GuestScript;
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Standard input of the script. @default nothing */
  readonly input?: AsyncIterable<Buffer>;
  /** Limit of the script. */
  readonly limitMinutes: number;
  /** Receives each line of progress. @default {@link logLine} */
  readonly log?: Log;
}

/**
 * Runs a guest script on the control plane while its output is read, so an output of any size needs no memory. The host key is
 * the one of the state.
 * @param read Reads the output, line by line.
 * @returns the result of `read`.
 * @throws with the script's last `FAILED:` line, else with the reason of ssh, else with the error of `read`.
 */
export async function streamScript<T>(
  place: ControlPlane,
  call: StreamedCall,
  read: (lines: AsyncIterable<string>) => Promise<T>,
): Promise<T> {
  const { script, parameters = {}, input = none(), limitMinutes, log = logLine } = call;
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-backup-"));
  try {
    const known = await writeKnownHosts(place.name, place.address, place.hostKey, folder);
    const command = startScript({ script, user: place.login.user, limitMinutes });
    const subprocess = execa("ssh", [...sshOptions(place.login, known), "--", place.address, command], {
      input: Readable.from(joined(scriptInput([{ script, parameters }]), input)),
      env: { PATH: searchPath(), LC_ALL: "C" },
      reject: false,
      buffer: false,
      // Longer than the script's own limit, because the login to an emulated node takes seconds.
      timeout: (limitMinutes * 60 + 30) * 1000,
      forceKillAfterDelay: 2_000,
    });
    const spoken: string[] = [];
    const listen = async () => {
      for await (const line of createInterface({ input: subprocess.stderr })) {
        const text = plainText(line).trim();
        if (text === "") continue;
        spoken.push(text);
        if (spoken.length > 30) spoken.shift();
        // Lines of programs are long and say nothing that the script does not say.
        if (/^\[ *\d+s\] (?!FAILED: )/.test(text)) log(`${place.name}: ${text}`);
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const stop = (error: unknown) => {
      // Unread output would block the script until its limit. A script that has ended says why before that.
      timer = setTimeout(() => subprocess.kill(), 2_000);
      return { error };
    };
    const reading = read(createInterface({ input: subprocess.stdout })).then((value) => ({ value }), stop);
    const [outcome, result] = await Promise.all([reading, subprocess, listen()]);
    clearTimeout(timer);
    if (!result.failed && "value" in outcome) return outcome.value;
    const failed = spoken.findLast((line) => line.includes("FAILED: "))?.replace(/^.*?FAILED: /, "");
    if ("error" in outcome && failed === undefined && !result.exitCode) throw outcome.error as Error;
    throw new Error(`${script} on ${place.name}: ${failed ?? why(result, spoken)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Failure {
  readonly timedOut: boolean;
  readonly code?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

function why({ timedOut, code, exitCode, signal }: Failure, spoken: readonly string[]): string {
  if (code === "ENOENT") return "ssh is not installed";
  // timeout(1) ends a script with 124, and with 137 where it had to kill it.
  if (timedOut || exitCode === 124 || exitCode === 137) return "it did not end within its limit";
  return spoken.at(-1) ?? `exit code ${exitCode ?? signal}`;
}

async function* none(): AsyncGenerator<Buffer, void, undefined> {
  // An empty standard input.
}

async function* joined(head: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(head);
  yield* body;
}
