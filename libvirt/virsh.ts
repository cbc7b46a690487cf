import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { quoted } from "../lib/shell.ts";
import { checkedUri } from "./uri.ts";

const run = promisify(execFile);

/** Runs virsh on a hypervisor and returns what it prints. */
export type Virsh = (...args: readonly string[]) => Promise<string>;

/** Milliseconds for one call. A list takes a fraction of a second, even over ssh, so a longer call hangs. */
const defaultLimit = 30_000;

/** A call of virsh failed. The message has the whole command. */
export class VirshError extends Error {
  /** Reason of the failure: the output of virsh, or the timeout. */
  readonly reason: string;

  constructor(command: string, reason: string, cause: unknown) {
    super(`${command}: ${reason}`, { cause });
    this.reason = reason;
  }
}

/**
 * Returns virsh for a hypervisor.
 * @param limit Milliseconds for one call. @default 30_000
 * @throws from each call: an Error when the URI must not be used ({@link checkedUri}).
 * @throws from each call: a {@link VirshError} when virsh is missing, gets no answer within the limit, or fails.
 */
export function virshFor(uri: string, { limit = defaultLimit } = {}): Virsh {
  return async (...args) => {
    const command = virshArguments(uri, ...args);
    try {
      const options = { timeout: limit, maxBuffer: 64 << 20, env: { ...process.env, ...untranslated } };
      // `-q` omits the headers of lists.
      const { stdout } = await run("virsh", ["-q", ...command], options);
      return stdout;
    } catch (error) {
      throw new VirshError(`${commandFor(uri)} ${args.join(" ")}`, reasonOf(error, limit), error);
    }
  };
}

/** Milliseconds for a call that reads or writes the memory of a machine. */
const memoryLimit = 20 * 60_000;

/** Returns virsh for a hypervisor's URI, with a limit that is enough for the memory of a machine. */
export function patientVirshFor(uri: string): Virsh {
  return virshFor(uri, { limit: memoryLimit });
}

/**
 * Returns the arguments of virsh for a call on a hypervisor.
 * @throws when the URI must not be used ({@link checkedUri}).
 */
export function virshArguments(uri: string, ...args: readonly string[]): readonly string[] {
  return ["-c", checkedUri(uri), ...args];
}

/** Environment of virsh in which it prints the English words that the program compares: states of domains, names of columns. */
const untranslated = { LC_ALL: "C" } as const;

/** Returns the start of a virsh command for a hypervisor, quoted for a shell. */
export function commandFor(uri: string): string {
  return `virsh -c ${/^[\w:/.@+-]+$/.test(uri) ? uri : quoted(uri)}`;
}

function reasonOf(error: unknown, limit: number): string {
  const { code, killed, stderr = "", message } = error as NodeJS.ErrnoException & { killed?: boolean; stderr?: string };
  if (code === "ENOENT") return "virsh is not installed (Debian's package libvirt-clients)";
  if (killed) return `no answer within ${limit / 1000} s`;
  return stderr.trim() || message;
}

/** Returns the trimmed lines of an answer without empty ones, which end the lists of virsh. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
