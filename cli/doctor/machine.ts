import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { inspectVirtualisation, type Virtualisation } from "../../libvirt/virtualisation.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

const gibibyte = 2 ** 30;

/** Checks whether guests run with hardware virtualisation. Warns when they are emulated. */
export function checkVirtualisation(found: Virtualisation = inspectVirtualisation()): Finding {
  return found.type === "kvm"
    ? ok("virtualisation", found.reason)
    : warn(
        "virtualisation",
        `guests are emulated: ${found.reason}`,
        "enable virtualisation in the firmware, or nested virtualisation where this machine is a guest; emulation takes 10 to 20 times longer",
      );
}

/** Checks whether the nodes fit into the machine's memory. */
export function checkMemory(neededMiB: number, totalBytes: number = totalmem()): Finding {
  const needed = neededMiB * 2 ** 20;
  const found = `nodes need ${inGiB(needed)} of ${inGiB(totalBytes)}`;
  return needed <= totalBytes
    ? ok("memory", found)
    : warn("memory", found, "set fewer workers or a lower workerMemoryMiB, so that the machine does not swap");
}

/** Size of a node's overlay after it has booted and joined, as measured. */
const bytesPerNode = gibibyte;

/** Checks whether the pool's folder has enough free space for the base image and the nodes' overlays. */
export async function checkSpace(pool: string, imageBytes: number, nodes: number): Promise<Finding> {
  const folder = await nearest(pool);
  const { bavail, bsize } = await statfs(folder);
  return judgeSpace(folder, bavail * bsize, imageBytes + nodes * bytesPerNode);
}

/** Judges free space. Warns below twice the needed space, because overlays grow. */
export function judgeSpace(folder: string, free: number, needed: number): Finding {
  const found = `${inGiB(free)} free at ${folder}, ${inGiB(needed)} needed`;
  const fix = "free some space, or set storagePoolPath to a folder on a larger disk";
  if (free < needed) return fail("pool space", found, fix);
  return free < 2 * needed ? warn("pool space", found, fix) : ok("pool space", found);
}

/** Returns a folder or its nearest parent that exists: `up` creates the pool's folder, on the same disk. */
async function nearest(folder: string): Promise<string> {
  return statfs(folder).then(
    () => folder,
    () => nearest(dirname(folder)),
  );
}

function inGiB(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
