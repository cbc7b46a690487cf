import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import { logLine, type Log } from "../../lib/log.ts";
import { hasEnded } from "../../libvirt/domain-state.ts";
import { patientVirshFor, type Virsh } from "../../libvirt/virsh.ts";
import { readMachineState, wordFor, type Machine } from "./machine.ts";
import type { Change } from "./report.ts";

/** Options of {@link stopMachines}. */
export interface StopOptions {
  /** Whether the guests shut down. Otherwise libvirt saves their memory. @default false */
  readonly shutdown?: boolean;
  /** Seconds for the shutdown of one machine. @default 180 */
  readonly timeoutSeconds?: number;
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
  /** Milliseconds between two questions for a state. @default 1_000 */
  readonly interval?: number;
}

/** Machines that stop at a time. Each writes its memory to the same disk. */
const concurrency = 4;

/** Seconds between two lines about a shutdown. */
const reportSeconds = 15;

/**
 * Stops machines: the workers, and then the control plane. A machine that is off stays as it is.
 * @returns the machines in the given order.
 * @throws when a worker does not stop, with every such worker. The control plane then stays up. Also when the control plane
 * does not stop.
 */
export async function stopMachines(
  machines: readonly Machine[],
  options: StopOptions = {},
): Promise<readonly Change[]> {
  const changes = new Map<string, Change>();
  for (const role of ["worker", "control-plane"] as const) {
    const failures: string[] = [];
    const group = machines.filter((machine) => machine.role === role);
    await pMap(
      group,
      async (machine) => {
        try {
          changes.set(machine.uuid, await stopMachine(machine, options));
        } catch (error) {
          failures.push((error as Error).message);
        }
      },
      { concurrency },
    );
    if (failures.length > 0) throw new Error(failures.join("\n"));
  }
  return machines.flatMap(({ uuid }) => changes.get(uuid) ?? []);
}

async function stopMachine(machine: Machine, options: StopOptions): Promise<Change> {
  const { uuid, name, role, domain, uri } = machine;
  const { shutdown = false, connect = patientVirshFor, log = logLine } = options;
  const virsh = connect(uri);
  const found = await readMachineState(virsh, uuid);
  const done = async () => {
    const after = wordFor(await readMachineState(virsh, uuid));
    return { node: name, role, domain, before: wordFor(found), after };
  };
  switch (found.state) {
    case "missing":
      log(`libvirt has no machine of ${name}: the next \`up\` recreates it`);
      return done();
    case "shut off":
      return done();
    case "crashed":
      log(`${name} has crashed: turning it off`);
      await virsh("destroy", uuid);
      return done();
    case "in shutdown":
      await untilOff(virsh, machine, options);
      return done();
    case "pmsuspended":
      log(`${name} is asleep: waking it`);
      await virsh("dompmwakeup", uuid);
      break;
    case "paused":
      // A paused guest does not see the request.
      if (shutdown) await virsh("resume", uuid);
      break;
  }
  if (shutdown) {
    await virsh("shutdown", uuid);
    await untilOff(virsh, machine, options);
  } else {
    await save(virsh, machine, log);
  }
  return done();
}

async function save(virsh: Virsh, { uuid, name }: Machine, log: Log): Promise<void> {
  log(`saving the memory of ${name}`);
  try {
    // Without `--running` a paused machine would be paused again after its start.
    await virsh("managedsave", uuid, "--running");
  } catch (error) {
    const reason = (error as Error).message.split("\n").at(-1) ?? "";
    throw new Error(
      `the memory of ${name} was not saved, and ${name} goes on: ${reason}. Fix: \`npm run stop -- --shutdown\` needs no room`,
      { cause: error },
    );
  }
}

async function untilOff(virsh: Virsh, { uuid, name, domain }: Machine, options: StopOptions): Promise<void> {
  const { timeoutSeconds = 180, log = logLine, interval = 1_000 } = options;
  const began = Date.now();
  log(`waiting for ${name} to shut down (at most ${timeoutSeconds} s)`);
  for (let reportAt = began + reportSeconds * 1000; ;) {
    const { state, reason } = await readMachineState(virsh, uuid);
    if (hasEnded(state)) return;
    if (Date.now() - began > timeoutSeconds * 1000) {
      throw new Error(
        `${name} is ${state} after ${timeoutSeconds} s, expected it to shut down. ` +
          `Fix: run this again with a longer --timeout, or cut its power: virsh destroy ${domain}`,
      );
    }
    // A full pool pauses a machine, which then never shuts down.
    if (state === "paused") throw new Error(`${name} is paused (${reason}). Fix: free space in its storage pool`);
    if (Date.now() > reportAt) {
      reportAt += reportSeconds * 1000;
      log(`waiting for ${name} to shut down: it is ${state} after ${Math.round((Date.now() - began) / 1000)} s`);
    }
    await sleep(interval);
  }
}
