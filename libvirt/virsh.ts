import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { quoted } from "../lib/shell.ts";
import { checkedUri } from "./uri.ts";

const run = promisify(execFile);

/** Runs virsh on a hypervisor and returns what it prints. */
export type Virsh = (...args: readonly string[]) => Promise<string>;

/** Milliseconds for one call. A list takes a fraction of a second, also over ssh; a longer call gets no answer. */
const defaultLimit = 30_000;

/** A call of virsh failed. The message has the whole command. */
export class VirshError extends Error {
  /** Why it failed: what virsh printed, or that it did not answer. */
  readonly reason: string;

  constructor(command: string, reason: string, cause: unknown) {
    super(`${command}: ${reason}`, { cause });
    this.reason = reason;
  }
}

/**
 * Returns virsh for a hypervisor.
 * @param limit Milliseconds for one call. @default 30_000
 * @throws from each call: an Error when the URI must not be used ({@link checkedUri}); a {@link VirshError} when virsh is
 * missing, gets no answer within the limit, or fails.
 */
export function virshFor(uri: string, { limit = defaultLimit } = {}): Virsh {
  return async (...args) => {
    const command = virshArguments(uri, ...args);
    try {
      const options = { timeout: limit, maxBuffer: 64 << 20, env: { ...process.env, ...untranslated } };
      // Quiet, so that lists have no headers.
      const { stdout } = await run("virsh", ["-q", ...command], options);
      return stdout;
    } catch (error) {
      throw new VirshError(`${commandFor(uri)} ${args.join(" ")}`, reasonOf(error, limit), error);
    }
  };
}

/**
 * Returns the arguments of virsh for a call on a hypervisor.
 * @throws when the URI must not be used ({@link checkedUri}).
 */
export function virshArguments(uri: string, ...args: readonly string[]): readonly string[] {
  return ["-c", checkedUri(uri), ...args];
}

/** The variable with which virsh prints the words that the program compares: states of domains, names of columns. */
export const untranslated = { LC_ALL: "C" } as const;

/** The beginning of a virsh command for a hypervisor, to be pasted into a shell. */
export function commandFor(uri: string): string {
  return `virsh -c ${/^[\w:/.@+-]+$/.test(uri) ? uri : quoted(uri)}`;
}

function reasonOf(error: unknown, limit: number): string {
  const { code, killed, stderr = "", message } = error as NodeJS.ErrnoException & { killed?: boolean; stderr?: string };
  if (code === "ENOENT") return "virsh is not installed (Debian's package libvirt-clients)";
  if (killed) return `no answer within ${limit / 1000} s`;
  return stderr.trim() || message;
}

/** Lines of an answer, without the empty one at the end of virsh's lists. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
