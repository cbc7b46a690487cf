import { logLine, type Log } from "../../lib/log.ts";
import { onTerminal, runInteractively } from "../../lib/process.ts";
import { virshArguments, virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { readMachineState, wordFor, type Machine } from "./machine.ts";

/** Options of {@link openConsole}, which tests replace. */
export interface ConsoleOptions {
  /** @default {@link runInteractively} */
  readonly run?: typeof runInteractively;
  /** Whether this process has a terminal. @default {@link onTerminal} */
  readonly terminal?: boolean;
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/**
 * Opens the serial console of a machine on this terminal, also on a remote hypervisor. Ends another session on it.
 * @returns the exit code of virsh.
 * @throws when this process has no terminal, or the machine does not run.
 */
export async function openConsole(machine: Machine, options: ConsoleOptions = {}): Promise<number> {
  const { run = runInteractively, terminal = onTerminal(), connect = virshFor, log = logLine } = options;
  const { name, uuid, uri, domain } = machine;
  if (!terminal) {
    throw new Error(
      `the console of ${name} needs a terminal, and there is none. Fix: read its log on the hypervisor, ` +
        `/var/log/libvirt/qemu/${domain}-console.log`,
    );
  }
  const word = wordFor(await readMachineState(connect(uri), uuid));
  if (word !== "running") throw new Error(`${name} is ${word}, expected it to run. Fix: npm run start`);
  log(`serial console of ${name}. Enter shows its prompt; Ctrl+] closes the console`);
  return run("virsh", virshArguments(uri, "console", uuid, "--force"));
}
