import { logLine } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { tagOf } from "../../libvirt/snapshot-records.ts";
import { loadSnapshot, readDisks } from "../../libvirt/snapshots.ts";
import { patientVirshFor } from "../../libvirt/virsh.ts";
import { readMachineState, type Machine } from "./machine.ts";
import { markRevert, unmarkRevert } from "./revert-mark.ts";
import { findSnapshot, snapshotsOf, type ClusterSnapshot } from "./snapshots.ts";
import { onEach, resumeAll, type MachineOptions } from "./suspend.ts";

/** Finds a snapshot to which a cluster can be reverted. @throws naming every node that has changed since. */
export async function snapshotToRevert(
  name: string,
  machines: readonly Machine[],
  options: MachineOptions = {},
): Promise<ClusterSnapshot> {
  const snapshot = findSnapshot(await snapshotsOf(machines, options), name);
  if (snapshot.problem !== undefined) {
    throw new Error(
      `the cluster cannot be reverted to ${name}, because its nodes differ (${snapshot.problem}). ` +
        `Fix: take another snapshot; npm run snapshot -- delete ${name}`,
    );
  }
  return snapshot;
}

/**
 * Brings disks and memory of every machine back to a snapshot, and resumes them all. First pauses every machine, and checks that
 * each has its part, so that a refused revert changes nothing. Everything since the snapshot is lost.
 *
 * Networks and storage pools must be active. A revert that is killed leaves a mark ({@link markRevert}). The next revert removes it.
 * @throws when a machine has lost its part; the machines then go on. When a part cannot be loaded, all machines stay paused and
 * marked, because some of them would be from another time.
 */
export async function revertTo(
  snapshot: ClusterSnapshot,
  machines: readonly Machine[],
  options: MachineOptions = {},
): Promise<void> {
  const { connect = patientVirshFor, log = logLine } = options;
  const each = (work: (machine: Machine) => Promise<void>) => onEach(machines, work);
  const tag = tagOf(snapshot);
  await outlivingInterrupt(async () => {
    const before: Before = { paused: [], started: [] };
    try {
      log(`pausing ${machines.length} machines`);
      await each((machine) => pause(machine, before, options));
      const lost: string[] = [];
      await each(async ({ uuid, uri, name }) => {
        if (!(await readDisks(connect(uri), uuid)).tags.includes(tag)) lost.push(name);
      });
      if (lost.length > 0) {
        throw new Error(
          `the disks of ${lost.join(", ")} have no snapshot ${snapshot.name}. Fix: take another snapshot`,
        );
      }
      await markRevert(snapshot.name, machines, connect);
    } catch (error) {
      for (const { uuid, uri } of before.started) await connect(uri)("destroy", uuid).catch(() => undefined);
      await resumeAll(before.paused, options);
      throw error;
    }
    log(`loading snapshot ${snapshot.name} of ${snapshot.created}`);
    try {
      await each((machine) => load(machine, tag, options));
    } catch (error) {
      throw new Error(
        `not every machine is back at ${snapshot.name}, so all stay paused: ${(error as Error).message}. ` +
          `Fix: npm run revert -- ${snapshot.name}, or npm run destroy`,
        { cause: error },
      );
    }
    await unmarkRevert(machines, connect);
    await resumeAll(machines, options);
  });
}

/** Machines that {@link pause} has changed. */
interface Before {
  readonly paused: Machine[];
  /** Machines that were off, and have no saved memory which would be lost. */
  readonly started: Machine[];
}

async function pause(machine: Machine, before: Before, options: MachineOptions): Promise<void> {
  const { connect = patientVirshFor } = options;
  const virsh = connect(machine.uri);
  const { state, reason } = await readMachineState(virsh, machine.uuid);
  switch (state) {
    case "paused":
      return;
    case "crashed":
      await virsh("destroy", machine.uuid);
      await virsh("start", machine.uuid, "--paused");
      return;
    case "shut off":
      await virsh("start", machine.uuid, "--paused");
      // A machine with saved memory goes on when the revert is refused, because its saved memory is gone.
      before[reason === "saved" ? "paused" : "started"].push(machine);
      return;
    case "running":
      await virsh("suspend", machine.uuid);
      before.paused.push(machine);
      return;
    default:
      throw new Error(`${machine.name} is ${state}, expected a machine that runs or is off. Fix: npm run start`);
  }
}

async function load({ uuid, uri, name }: Machine, tag: string, options: MachineOptions): Promise<void> {
  const { connect = patientVirshFor, log = logLine } = options;
  const virsh = connect(uri);
  try {
    await loadSnapshot(virsh, uuid, tag);
  } catch (error) {
    // QEMU may have loaded a part of the memory. A new process has none.
    log(`${name} is started again for its snapshot: ${(error as Error).message}`);
    await virsh("destroy", uuid);
    await virsh("start", uuid, "--paused");
    await loadSnapshot(virsh, uuid, tag);
  }
}
