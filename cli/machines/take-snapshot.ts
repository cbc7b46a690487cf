import { randomUUID } from "node:crypto";
import pMap from "p-map";
import { duration, logLine } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";
import { deleteSnapshot, readDisks, saveSnapshot } from "../../libvirt/snapshots.ts";
import {
  deleteForgottenTags,
  readRecords,
  tagOf,
  writeRecords,
  type SnapshotRecord,
} from "../../libvirt/snapshot-records.ts";
import { patientVirshFor } from "../../libvirt/virsh.ts";
import type { Machine } from "./machine.ts";
import { refuseWithoutRoom, type Subject } from "./room.ts";
import { checkName, findSnapshot, refuseStates, snapshotsOf } from "./snapshots.ts";
import { concurrency, onEach, resumeAll, suspendAll, type MachineOptions } from "./suspend.ts";

/**
 * Takes a snapshot of all machines of a cluster at one point: suspends them all, saves disks and memory of each, and resumes
 * them. Either every machine has the snapshot afterwards, or none.
 * @returns milliseconds for which the cluster was suspended.
 * @throws before any change when the name is wrong or taken, a machine does not run, or a disk is unsuitable. So it does when
 * a pool has no room.
 * @throws when QEMU refuses it. The cluster then goes on.
 */
export async function takeSnapshot(
  name: string,
  machines: readonly Machine[],
  options: MachineOptions = {},
): Promise<number> {
  const { log = logLine } = options;
  checkName(name);
  if ((await snapshotsOf(machines, options)).some((snapshot) => snapshot.name === name)) {
    throw new Error(
      `there is a snapshot ${name} already. Fix: take another name, or npm run snapshot -- delete ${name}`,
    );
  }
  await refuseStates(machines, ["running"], options);
  const subjects = await inspect(machines, options);
  await refuseWithoutRoom(subjects);
  await onEach(subjects, ({ machine: { uuid }, virsh }) => deleteForgottenTags(virsh, uuid));

  const created = new Date().toISOString();
  const record = { name, id: randomUUID(), created, nodes: machines.map((machine) => machine.name) };
  return outlivingInterrupt(async () => {
    const began = Date.now();
    log(`suspending ${machines.length} machines`);
    await suspendAll(machines, options);
    try {
      await saveAll(subjects, record);
    } finally {
      await resumeAll(machines, options);
    }
    const paused = Date.now() - began;
    log(`snapshot ${name} is taken; the cluster was suspended for ${duration(paused)}`);
    return paused;
  });
}

/** Deletes a snapshot from every machine that has a part of it. @throws when a machine is off: QEMU deletes from its disks. */
export async function removeSnapshot(
  name: string,
  machines: readonly Machine[],
  options: MachineOptions = {},
): Promise<void> {
  const { connect = patientVirshFor } = options;
  const snapshot = findSnapshot(await snapshotsOf(machines, options), name);
  await refuseStates(snapshot.machines, ["running", "paused"], options);
  await onEach(snapshot.machines, async ({ uuid, uri }) => {
    const virsh = connect(uri);
    await deleteSnapshot(virsh, uuid, tagOf(snapshot));
    // The record last, so that a killed command can be repeated.
    const others = (await readRecords(virsh, uuid)).filter(({ id }) => id !== snapshot.id);
    await writeRecords(virsh, uuid, others);
  });
}

async function inspect(machines: readonly Machine[], options: MachineOptions): Promise<readonly Subject[]> {
  const { connect = patientVirshFor } = options;
  const problems: string[] = [];
  const subjects = await pMap(
    machines,
    async (machine) => {
      const virsh = connect(machine.uri);
      const { files, unsuitable } = await readDisks(virsh, machine.uuid);
      if (files.length === 0) problems.push(`${machine.name} has no qcow2 disk`);
      problems.push(...unsuitable.map((file) => `disk ${file} of ${machine.name} is not qcow2`));
      return { machine, virsh, files };
    },
    { concurrency },
  );
  if (problems.length > 0) {
    throw new Error(
      `${problems.join("\n")}\na snapshot needs qcow2 disks. Fix: detach other disks (virsh detach-disk)`,
    );
  }
  return subjects;
}

async function saveAll(subjects: readonly Subject[], record: SnapshotRecord): Promise<void> {
  const each = (work: (subject: Subject) => Promise<void>) => onEach(subjects, work);
  try {
    await each(({ virsh, machine: { uuid } }) => saveSnapshot(virsh, uuid, tagOf(record)));
    await each(async ({ virsh, machine: { uuid } }) => {
      await writeRecords(virsh, uuid, [...(await readRecords(virsh, uuid)), record]);
    });
  } catch (error) {
    await each(async ({ virsh, machine: { uuid } }) => {
      // The first error is the one to report. A tag that stays is deleted by the next snapshot.
      await deleteSnapshot(virsh, uuid, tagOf(record)).catch(() => undefined);
      const others = (await readRecords(virsh, uuid).catch(() => [])).filter(({ id }) => id !== record.id);
      await writeRecords(virsh, uuid, others).catch(() => undefined);
    });
    throw new Error(`no snapshot was taken: ${(error as Error).message}`, { cause: error });
  }
}
