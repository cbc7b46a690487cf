import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { checkShape, list, object, readJson, text } from "../lib/outside.ts";
import type { Virsh } from "./virsh.ts";

/** Disks of a machine, as QEMU has them open. */
export interface MachineDisks {
  /** Names of the block nodes that a snapshot holds; the memory goes to the first. */
  readonly nodes: readonly string[];
  /** Files of these nodes. */
  readonly files: readonly string[];
  /** Snapshots that every one of these nodes has, by their tags. */
  readonly tags: readonly string[];
  /** Snapshots that at least one of these nodes has. */
  readonly anyTags: readonly string[];
  /** Files of writable disks that cannot hold a snapshot. A seed disk is none of them, because no guest writes to it. */
  readonly unsuitable: readonly string[];
}

/** Part of QEMU's answer to `query-block` that is read here (QEMU, qapi/block-core.json). */
interface BlockDevice {
  readonly inserted?: {
    readonly "node-name"?: string;
    readonly drv: string;
    readonly ro: boolean;
    readonly file: string;
    readonly image: { readonly snapshots?: readonly { readonly name: string }[] };
  };
}

/** Part of QEMU's answer to `query-jobs` that is read here (QEMU, qapi/job.json). */
interface Job {
  readonly id: string;
  readonly status: string;
  readonly error?: string;
}

const boolean = { type: "boolean" };
const image = object({}, { snapshots: list(object({ name: text })) });
const inserted = object({ drv: text, ro: boolean, file: text, image }, { "node-name": text });
const devicesShape = list(object({}, { inserted }));
const jobsShape = list(object({ id: text, status: text }, { error: text }));
const answerShape = object({}, { error: object({}, { class: text, desc: text }) });

/** Work on a snapshot. */
type Operation = "save" | "load" | "delete";

/**
 * Reads which disks of a machine a snapshot holds. The machine runs or is paused.
 * @throws when QEMU does not answer.
 */
export async function readDisks(virsh: Virsh, domain: string): Promise<MachineDisks> {
  const source = { name: `QEMU's list of the disks of ${domain}`, fix: `virsh domblklist ${domain}` };
  const devices = checkShape<readonly BlockDevice[]>(await ask(virsh, domain, "query-block"), source, devicesShape);
  const writable = devices.flatMap(({ inserted }) => (inserted === undefined || inserted.ro ? [] : [inserted]));
  const suitable = writable.filter((disk) => disk.drv === "qcow2" && disk["node-name"] !== undefined);
  const tagsOf = ({ image }: (typeof suitable)[number]) => (image.snapshots ?? []).map(({ name }) => name);
  const anyTags = [...new Set(suitable.flatMap(tagsOf))];
  return {
    nodes: suitable.map((disk) => disk["node-name"] ?? ""),
    files: suitable.map(({ file }) => file),
    tags: anyTags.filter((tag) => suitable.every((disk) => tagsOf(disk).includes(tag))),
    anyTags,
    unsuitable: writable.filter((disk) => !suitable.includes(disk) && !isSeed(disk.file)).map(({ file }) => file),
  };
}

/** Firmware's variables are a disk, too. Its content is in the memory of the machine, which a snapshot has. */
function isSeed(file: string): boolean {
  return /\.iso$|\/nvram\/|_VARS\.fd$/.test(file);
}

/**
 * Saves disks and memory of a paused machine under a tag, in its qcow2 files.
 *
 * libvirt's own snapshots are refused for the machines of a cluster. They need every writable disk to be qcow2, and the seed
 * disk is an ISO image (tried with libvirt 9.0). QEMU 6.0 and later save the named disks alone (qapi/migration.json,
 * snapshot-save).
 * @throws when QEMU refuses it, with the reason of QEMU.
 */
export async function saveSnapshot(virsh: Virsh, domain: string, tag: string): Promise<void> {
  await perform(virsh, domain, "save", tag, (await readDisks(virsh, domain)).nodes);
}

/**
 * Brings disks and memory of a paused machine back to a tag. The machine stays paused.
 * @throws when QEMU refuses it. The memory of the machine is then undefined, so it must be started again.
 */
export async function loadSnapshot(virsh: Virsh, domain: string, tag: string): Promise<void> {
  await perform(virsh, domain, "load", tag, (await readDisks(virsh, domain)).nodes);
}

/** Deletes a tag from disks of a running or paused machine. Does nothing where it has none. @throws when QEMU refuses it. */
export async function deleteSnapshot(virsh: Virsh, domain: string, tag: string): Promise<void> {
  const { nodes, anyTags } = await readDisks(virsh, domain);
  if (anyTags.includes(tag)) await perform(virsh, domain, "delete", tag, nodes);
}

async function perform(
  virsh: Virsh,
  domain: string,
  operation: Operation,
  tag: string,
  devices: readonly string[],
): Promise<void> {
  const [vmstate] = devices;
  if (vmstate === undefined) throw new Error(`${domain} has no qcow2 disk, which would hold the snapshot`);
  const id = `nodeforge-${operation}-${randomUUID().slice(0, 8)}`;
  const memory = operation === "delete" ? {} : { vmstate };
  await ask(virsh, domain, `snapshot-${operation}`, { "job-id": id, tag, devices, ...memory });
  const error = await endOf(virsh, domain, id);
  if (error !== undefined) throw new Error(`snapshot-${operation} of ${domain} failed: ${error}`);
}

/** Waits for a job, and forgets it. @returns its error. */
async function endOf(virsh: Virsh, domain: string, id: string): Promise<string | undefined> {
  // QEMU answers only once the memory is written, so the limit of virsh bounds this loop.
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    const source = { name: `QEMU's list of the jobs of ${domain}`, fix: "run the command again" };
    const jobs = checkShape<readonly Job[]>(await ask(virsh, domain, "query-jobs"), source, jobsShape);
    const job = jobs.find((each) => each.id === id);
    if (job === undefined) return "QEMU has lost the job";
    if (job.status === "concluded") {
      await ask(virsh, domain, "job-dismiss", { id });
      return job.error;
    }
    await sleep(pause);
  }
}

/** Sends a command to QEMU and returns its answer. */
async function ask(virsh: Virsh, domain: string, execute: string, parameters?: object): Promise<unknown> {
  const request = { execute, ...(parameters === undefined ? {} : { arguments: parameters }) };
  const answer = readJson<{
    readonly return?: unknown;
    readonly error?: { readonly class?: string; readonly desc?: string };
  }>(
    await virsh("qemu-monitor-command", domain, JSON.stringify(request)),
    { name: `QEMU's answer to ${execute} of ${domain}`, fix: "run the command again" },
    answerShape,
  );
  if (answer.error === undefined) return answer.return;
  const { desc = "no reason", class: kind } = answer.error;
  if (kind === "CommandNotFound") {
    throw new Error(`QEMU of ${domain} has no ${execute}: ${desc}. Fix: install QEMU 6.0 or later on the hypervisor`);
  }
  throw new Error(`${execute} of ${domain} failed: ${desc}`);
}
