import { virshFor, VirshError, type Virsh } from "../../libvirt/virsh.ts";
import { attribute, rootOf } from "../../libvirt/xml.ts";
import type { Machine } from "./machine.ts";

/** Namespace of the mark in the metadata of a domain (formatdomain.html, "General metadata"). */
const namespace = "urn:nodeforge:revert";

/** Returns virsh for the mark, which the machine of the control plane has; undefined without this machine. */
function markOf(machines: readonly Machine[], connect: (uri: string) => Virsh): Virsh | undefined {
  const machine = machines.find(({ role }) => role === "control-plane");
  if (machine === undefined) return undefined;
  // The definition on disk, because a machine that continues from saved memory brings its older definition with it.
  return (...more) => connect(machine.uri)("metadata", machine.uuid, "--uri", namespace, "--config", ...more);
}

/**
 * Marks a cluster whose machines are about to be reverted one after the other. libvirt keeps the mark when this process is killed.
 * @param snapshot Name of the snapshot, which has no character that XML must escape.
 * @throws when virsh fails.
 */
export async function markRevert(
  snapshot: string,
  machines: readonly Machine[],
  connect: (uri: string) => Virsh,
): Promise<void> {
  await markOf(machines, connect)?.("--key", "revert", "--set", `<revert snapshot="${snapshot}"/>`);
}

/** Removes the mark of {@link markRevert}. @throws when virsh fails. */
export async function unmarkRevert(machines: readonly Machine[], connect: (uri: string) => Virsh): Promise<void> {
  await markOf(machines, connect)?.("--remove");
}

/**
 * Refuses to resume machines whose revert did not finish, because some of them may be from another time.
 *
 * A machine that libvirt does not have has no mark, and neither has one whose hypervisor does not answer.
 * @throws naming the snapshot and the commands that end this.
 */
export async function refuseUnfinishedRevert(
  machines: readonly Machine[],
  connect: (uri: string) => Virsh = virshFor,
): Promise<void> {
  let mark: string | undefined;
  try {
    mark = await markOf(machines, connect)?.();
  } catch (error) {
    if (!(error instanceof VirshError)) throw error;
  }
  if (mark === undefined) return;
  const snapshot = attribute(rootOf(mark), "snapshot") ?? "";
  throw new Error(
    `the last revert to snapshot ${snapshot} did not finish, so the machines may be from different times; nothing was changed. ` +
      `Fix: npm run revert -- ${snapshot}, or npm run destroy`,
  );
}
