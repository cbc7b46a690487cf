/**
 * Grows the data disk of a running control plane, and then its file system, both while they are in use. Repeatable: a disk
 * that already has the size or a larger one is left as it is, and never shrinks.
 *
 * Environment: LIBVIRT_URI, DOMAIN, DISK (path of the disk's file on the hypervisor), SIZE_GIB. Refuses, before it changes
 * anything, while the machine has snapshots. QEMU cannot grow their disk in the format of libvirt's volumes (qcow2 of version
 * 2). In a newer format, a revert would bring the former size back, and the stack would not know.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { deleteForgottenTags, readRecords } from "../libvirt/snapshot-records.ts";
import { readDisks } from "../libvirt/snapshots.ts";
import { VirshError } from "../libvirt/virsh.ts";
import { runOnNode } from "./run-on-node.ts";
import { askAgent, reasonOf, virsh } from "./virsh.ts";

/** Longest wait for the guest agent in seconds. An emulated node that starts many programs may not answer for a minute. */
const agentSeconds = 300;

/**
 * Longest growth of the file system in seconds. The kernel writes one descriptor for each 128 MiB, so 16 TiB take minutes on a
 * slow disk. Another 30 s are for the disk's new size to appear.
 */
const growthSeconds = 900;

/**
 * Program on the node. Parameter: the size of the disk in bytes. The file system is mounted, so only the kernel changes it.
 * NixOS has the system's programs in a folder that the guest agent does not search.
 */
const growFileSystem = `set -eu
PATH=$PATH:/usr/sbin:/run/current-system/sw/bin
device=
for serial in /sys/block/vd*/serial; do
  [ "$(cat "$serial")" != nodeforge-data ] || device=$(basename "$(dirname "$serial")")
done
[ -n "$device" ] || { echo "the machine has no data disk" >&2; exit 1; }
grep -q "^/dev/$device " /proc/mounts || { echo "the data disk is not mounted. Fix: npm run diagnose names the cause" >&2; exit 1; }
waited=0
until [ "$(cat "/sys/block/$device/size")" -ge "$(($1 / 512))" ]; do
  [ "$waited" -lt 30 ] || { echo "the machine still sees the former size after 30 s" >&2; exit 1; }
  sleep 1
  waited=$((waited + 1))
done
said=$(timeout ${growthSeconds} resize2fs "/dev/$device" 2>&1) || { echo "resize2fs failed: \${said##*
}" >&2; exit 1; }
`;

const { DOMAIN = "", DISK = "", SIZE_GIB = "" } = process.env;
const wanted = Number(SIZE_GIB) * 2 ** 30;

try {
  const state = await virsh("domstate", DOMAIN);
  if (state !== "running") throw new Error(`the machine is ${state}. Fix: npm run start, then npm run up`);
  if ((await capacity()) < wanted) {
    await refuseSnapshots();
    await virsh("blockresize", DOMAIN, DISK, `${wanted}B`);
  }
  await growInside(await capacity());
} catch (error) {
  const reason = reasonOf(error).replace(/^Error: /, "");
  console.error(`the data disk of ${DOMAIN} did not grow to ${SIZE_GIB} GiB: ${reason}`);
  process.exitCode = 1;
}

/** Size of the disk in bytes. @throws when virsh names none. */
async function capacity(): Promise<number> {
  const [, bytes] = /^Capacity:\s+(\d+)$/m.exec(await virsh("domblkinfo", DOMAIN, DISK)) ?? [];
  if (bytes === undefined) throw new Error(`virsh domblkinfo ${DOMAIN} ${DISK} names no capacity`);
  return Number(bytes);
}

/** @throws naming the snapshots and the commands that delete them. */
async function refuseSnapshots(): Promise<void> {
  const names = (await readRecords(virsh, DOMAIN)).map(({ name }) => name);
  if (names.length > 0) {
    const commands = names.map((name) => `npm run snapshot -- delete ${name}`).join("; ");
    throw new Error(`a disk with snapshots cannot grow, and the cluster has ${names.join(", ")}. Fix: ${commands}`);
  }
  // A replaced control plane has lost its records, and the data disk has kept its tags.
  await deleteForgottenTags(virsh, DOMAIN);
  const { anyTags } = await readDisks(virsh, DOMAIN);
  if (anyTags.length > 0) {
    throw new Error(
      `a disk with snapshots cannot grow, and libvirt has ${anyTags.join(", ")}. Fix: virsh snapshot-delete ${DOMAIN} NAME`,
    );
  }
}

/** Grows the file system to a size in bytes. @throws when the node refuses it, or its agent does not answer in time. */
async function growInside(bytes: number): Promise<void> {
  const program = { text: growFileSystem, parameters: [String(bytes)], limitSeconds: growthSeconds + 60 };
  const deadline = Date.now() + agentSeconds * 1000;
  for (;;) {
    try {
      const end = await runOnNode(askAgent(DOMAIN), program);
      if (end?.exitCode === 0) return;
      throw new Error(end === undefined ? "its file system still grows" : end.stderr || `exit code ${end.exitCode}`);
    } catch (error) {
      // Only a call of virsh is repeated: the program on the node has named its own reason.
      if (!(error instanceof VirshError) || Date.now() > deadline) throw error;
      await sleep(2000);
    }
  }
}
