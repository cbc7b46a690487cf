import { deleteSnapshot, readDisks } from "./snapshots.ts";
import { attribute, childrenOf, rootOf } from "./xml.ts";
import { VirshError, type Virsh } from "./virsh.ts";

/** A machine's part in a snapshot of a cluster, which libvirt keeps with the machine's definition. */
export interface SnapshotRecord {
  /** Name that the user gave. */
  readonly name: string;
  /** Random id of the cluster's snapshot; the same on each machine. */
  readonly id: string;
  /** Time of the snapshot, as ISO 8601. */
  readonly created: string;
  /** Names of all nodes in the snapshot. */
  readonly nodes: readonly string[];
}

/** Namespace of the records in the metadata of a domain (formatdomain.html, "General metadata"). */
const namespace = "urn:nodeforge:snapshots";

/**
 * Reads the snapshot records of a machine; empty for a machine without one. A machine that was replaced has none, because
 * libvirt deletes the metadata with the machine.
 * @throws when virsh fails for another reason.
 */
export async function readRecords(virsh: Virsh, domain: string): Promise<readonly SnapshotRecord[]> {
  let xml: string;
  try {
    xml = await virsh("metadata", domain, "--uri", namespace, "--config");
  } catch (error) {
    if (error instanceof VirshError && /metadata not found|metadata element is not present/i.test(error.reason))
      return [];
    throw error;
  }
  return childrenOf(rootOf(xml), "snapshot").map((element) => ({
    name: attribute(element, "name") ?? "",
    id: attribute(element, "id") ?? "",
    created: attribute(element, "created") ?? "",
    nodes: (attribute(element, "nodes") ?? "").split(" ").filter(Boolean),
  }));
}

/**
 * Replaces the snapshot records of a machine.
 * @param records Their names and nodes have no character that XML must escape.
 * @throws when virsh fails.
 */
export async function writeRecords(virsh: Virsh, domain: string, records: readonly SnapshotRecord[]): Promise<void> {
  // The definition on disk, because a machine that continues from saved memory brings its older definition with it.
  const where = ["metadata", domain, "--uri", namespace, "--config"];
  if (records.length === 0) {
    if ((await readRecords(virsh, domain)).length > 0) await virsh(...where, "--remove");
    return;
  }
  const elements = records.map(
    ({ name, id, created, nodes }) =>
      `<snapshot name="${name}" id="${id}" created="${created}" nodes="${nodes.join(" ")}"/>`,
  );
  await virsh(...where, "--key", "nodeforge", "--set", `<snapshots>${elements.join("")}</snapshots>`);
}

/** Start of every tag of nodeforge. */
const tagPrefix = "nodeforge-";

/** Tag of a cluster's snapshot in the disks of its machines. A random id, so that a tag of an earlier machine never matches. */
export function tagOf({ id }: Pick<SnapshotRecord, "id">): string {
  return `${tagPrefix}${id}`;
}

/**
 * Deletes the tags of nodeforge without a record from a machine's disks. A killed command leaves them, and the data disk keeps
 * those of a replaced control plane.
 * @throws when QEMU refuses it.
 */
export async function deleteForgottenTags(virsh: Virsh, domain: string): Promise<void> {
  const known = (await readRecords(virsh, domain)).map(tagOf);
  const { anyTags } = await readDisks(virsh, domain);
  for (const tag of anyTags.filter((each) => each.startsWith(tagPrefix) && !known.includes(each))) {
    await deleteSnapshot(virsh, domain, tag);
  }
}
