import pMap from "p-map";
import { logLine, type Log } from "../../lib/log.ts";
import { syncClock } from "../../libvirt/clock.ts";
import { patientVirshFor, type Virsh } from "../../libvirt/virsh.ts";
import type { Machine } from "./machine.ts";

/** Options of work on machines, which tests replace. */
export interface MachineOptions {
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** Machines whose memory or disks are read or written at a time. */
export const concurrency = 4;

/** Calls of virsh at a time. Machines pause at almost the same moment, and sshd refuses more than ten logins at once. */
const calls = 8;

/**
 * Does work on each item, and goes on with the others when it fails for one.
 * @throws with the reason of each failure, after the work on every item has ended.
 */
export async function onEach<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  atATime = concurrency,
): Promise<void> {
  const reasons: string[] = [];
  await pMap(
    items,
    async (item) => {
      try {
        await work(item);
      } catch (error) {
        reasons.push((error as Error).message);
      }
    },
    { concurrency: atATime },
  );
  if (reasons.length > 0) throw new Error(reasons.join("; "));
}

/** Suspends running machines at almost the same moment. @throws when one cannot be suspended; the others are then resumed. */
export async function suspendAll(machines: readonly Machine[], options: MachineOptions = {}): Promise<void> {
  const { connect = patientVirshFor } = options;
  const suspended: Machine[] = [];
  try {
    await onEach(
      machines,
      async (machine) => {
        await connect(machine.uri)("suspend", machine.uuid);
        suspended.push(machine);
      },
      calls,
    );
  } catch (error) {
    await resumeAll(suspended, options);
    throw error;
  }
}

/**
 * Resumes suspended machines and sets their clocks, which have stopped meanwhile. Logs a clock that cannot be set.
 * @throws naming every machine that cannot be resumed, after the others are resumed.
 */
export async function resumeAll(machines: readonly Machine[], options: MachineOptions = {}): Promise<void> {
  const { connect = patientVirshFor, log = logLine } = options;
  const failures: string[] = [];
  await pMap(
    machines,
    async ({ uuid, uri, name }) => {
      try {
        await connect(uri)("resume", uuid);
      } catch (error) {
        failures.push(`${name} is still paused: ${(error as Error).message}`);
      }
    },
    { concurrency: calls },
  );
  await pMap(
    machines,
    async ({ uuid, uri, name }) => {
      try {
        await syncClock(connect(uri), uuid);
      } catch (error) {
        log(`the clock of ${name} may be behind: ${(error as Error).message.split("\n")[0]}`);
      }
    },
    { concurrency: calls },
  );
  if (failures.length > 0) throw new Error(`${failures.join("\n")}\nFix: npm run start`);
}
