import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { quoted } from "../lib/shell.ts";
import { checkedUri } from "./uri.ts";

const run = promisify(execFile);

/** Runs virsh on a hypervisor and returns what it prints. */
export type Virsh = (...args: readonly string[]) => Promise<string>;

/** Milliseconds for one call: a list takes a fraction of a second, also over ssh; what takes longer does not answer. */
const limit = 30_000;

/**
 * virsh for a hypervisor.
 * @throws from each call, when the URI must not be used ({@link checkedUri}), when virsh is missing, the hypervisor does not answer within 30 s, or refuses; with what it said.
 */
export function virshFor(uri: string): Virsh {
  return async (...args) => {
    const checked = checkedUri(uri);
    try {
      // Never a question on the terminal: ssh would wait there for a password that nobody types.
      const options = { timeout: limit, maxBuffer: 64 << 20, env: untranslated() };
      const { stdout } = await run("virsh", ["-q", "-c", checked, ...args], options);
      return stdout;
    } catch (error) {
      throw new Error(`${commandFor(uri)} ${args.join(" ")}: ${reason(error)}`, { cause: error });
    }
  };
}

/** The environment in which virsh says what the program compares: states of domains, names of columns. */
function untranslated(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C" };
}

/** How virsh is called for a hypervisor, to be pasted into a shell. */
export function commandFor(uri: string): string {
  return `virsh -c ${/^[\w:/.@+-]+$/.test(uri) ? uri : quoted(uri)}`;
}

function reason(error: unknown): string {
  const { code, killed, stderr = "", message } = error as NodeJS.ErrnoException & { killed?: boolean; stderr?: string };
  if (code === "ENOENT") return "virsh is not installed (Debian's package libvirt-clients)";
  if (killed) return `no answer within ${limit / 1000} s`;
  return stderr.trim() || message;
}

/** The lines of an answer; virsh ends its lists with an empty one. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
