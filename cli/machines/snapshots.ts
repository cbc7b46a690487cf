import pMap from "p-map";
import { patientVirshFor } from "../../libvirt/virsh.ts";
import { columns } from "../../lib/table.ts";
import { readRecords, type SnapshotRecord } from "../../libvirt/snapshot-records.ts";
import { readMachineState, wordFor, type Machine } from "./machine.ts";
import { concurrency, type MachineOptions } from "./suspend.ts";

/** A snapshot of a cluster. */
export interface ClusterSnapshot extends Pick<SnapshotRecord, "name" | "id" | "created" | "nodes"> {
  /** Machines that hold a part of it. */
  readonly machines: readonly Machine[];
  /** Why the cluster cannot be reverted to it; undefined when it can. */
  readonly problem: string | undefined;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Words that the command reads as a subcommand. */
const reserved = ["list", "delete"];

/** Checks the name of a new snapshot. @throws with the expected form. */
export function checkName(name: string): void {
  if (reserved.includes(name) || !namePattern.test(name)) {
    throw new Error(
      `the name of a snapshot has 1 to 63 letters, digits, dots, dashes and underscores, begins with a letter or digit, and ` +
        `is not ${reserved.join(" or ")}; got ${JSON.stringify(name)}. Fix: npm run snapshot -- before-test`,
    );
  }
}

/** Records of each machine by its UUID; empty for a machine that libvirt does not have. */
async function recordsOf(
  machines: readonly Machine[],
  options: MachineOptions = {},
): Promise<ReadonlyMap<string, readonly SnapshotRecord[]>> {
  const { connect = patientVirshFor } = options;
  const read = async ({ uuid, uri }: Machine) => {
    const virsh = connect(uri);
    const isMissing = (await readMachineState(virsh, uuid)).state === "missing";
    return [uuid, isMissing ? [] : await readRecords(virsh, uuid)] as const;
  };
  return new Map(await pMap(machines, read, { concurrency }));
}

/** Snapshots of a cluster, the oldest first. @throws when a hypervisor does not answer. */
export async function snapshotsOf(
  machines: readonly Machine[],
  options: MachineOptions = {},
): Promise<readonly ClusterSnapshot[]> {
  const records = await recordsOf(machines, options);
  const found = new Map<string, { readonly record: SnapshotRecord; readonly machines: Machine[] }>();
  for (const machine of machines) {
    for (const record of records.get(machine.uuid) ?? []) {
      const entry = found.get(record.id) ?? { record, machines: [] };
      entry.machines.push(machine);
      found.set(record.id, entry);
    }
  }
  return [...found.values()]
    .map(({ record, machines: holders }) => ({
      ...record,
      machines: holders,
      problem: problemOf(record, holders, machines),
    }))
    .sort((a, b) => a.created.localeCompare(b.created));
}

/** Names every node that differs from the nodes of the snapshot. */
function problemOf(
  { nodes }: SnapshotRecord,
  holders: readonly Machine[],
  machines: readonly Machine[],
): string | undefined {
  const names = machines.map(({ name }) => name);
  const without = machines.filter((machine) => nodes.includes(machine.name) && !holders.includes(machine));
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ["replaced since", without.map(({ name }) => name)],
    ["created since", names.filter((name) => !nodes.includes(name))],
    ["removed since", nodes.filter((name) => !names.includes(name))],
  ];
  const parts = kinds.filter(([, found]) => found.length > 0).map(([kind, found]) => `${kind}: ${found.join(", ")}`);
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** Finds a snapshot by its name. @throws naming the snapshots that exist. */
export function findSnapshot(snapshots: readonly ClusterSnapshot[], name: string): ClusterSnapshot {
  const found = snapshots.find((snapshot) => snapshot.name === name);
  if (found !== undefined) return found;
  const known = snapshots.length === 0 ? "none" : snapshots.map((snapshot) => snapshot.name).join(", ");
  throw new Error(`there is no snapshot ${JSON.stringify(name)}, there is ${known}. Fix: npm run snapshot -- list`);
}

/** Table of snapshots; as JSON for a program. */
export function snapshotListing(snapshots: readonly ClusterSnapshot[], asJson: boolean): string {
  const shown = snapshots.map(({ name, created, nodes, problem }) => ({
    name,
    created,
    nodes,
    usable: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
  }));
  if (asJson) return JSON.stringify(shown, undefined, 2);
  if (shown.length === 0) return "there is no snapshot";
  const rows = shown.map(({ name, created, nodes, problem }) => {
    return [name, created, String(nodes.length), problem === undefined ? "usable" : `not usable, ${problem}`];
  });
  return columns([["NAME", "CREATED", "NODES", "STATE"], ...rows]);
}

/** Refuses machines in another state than the wanted ones. @throws naming each with its state. */
export async function refuseStates(
  machines: readonly Machine[],
  wanted: readonly string[],
  options: MachineOptions = {},
): Promise<void> {
  const { connect = patientVirshFor } = options;
  const states = await pMap(
    machines,
    async ({ uuid, uri, name }) => ({ name, word: wordFor(await readMachineState(connect(uri), uuid)) }),
    { concurrency },
  );
  const wrong = states.filter(({ word }) => !wanted.includes(word)).map(({ name, word }) => `${name} is ${word}`);
  if (wrong.length > 0) {
    throw new Error(`${wrong.join(", ")}; expected each machine to be ${wanted.join(" or ")}. Fix: npm run start`);
  }
}
