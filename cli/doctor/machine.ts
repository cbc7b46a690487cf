import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { inspectVirtualisation, type Virtualisation } from "../../libvirt/virtualisation.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

const gibibyte = 2 ** 30;

/** Whether guests run in hardware or are emulated. */
export function checkVirtualisation(found: Virtualisation = inspectVirtualisation()): Finding {
  return found.type === "kvm"
    ? ok("virtualisation", found.reason)
    : warn(
        "virtualisation",
        `guests are emulated: ${found.reason}`,
        "expect everything to take 10 to 20 times longer; enable virtualisation in the firmware, or nested virtualisation where this machine is a guest",
      );
}

/** Whether the nodes fit into the machine's memory. */
export function checkMemory(wantedMiB: number, totalBytes: number = totalmem()): Finding {
  const wanted = wantedMiB * 2 ** 20;
  const found = `nodes get ${inGiB(wanted)} of ${inGiB(totalBytes)}`;
  return wanted <= totalBytes
    ? ok("memory", found)
    : warn("memory", found, "set fewer workers, or less workerMemoryMiB, so that the machine does not start to swap");
}

/** Space a node's overlay takes once it has booted and joined, measured. */
const bytesPerNode = gibibyte;

/** Whether the folder of the pool has room for the base image and what the nodes write. */
export async function checkSpace(pool: string, imageBytes: number, nodes: number): Promise<Finding> {
  const folder = await nearest(pool);
  const { bavail, bsize } = await statfs(folder);
  return judgeSpace(folder, bavail * bsize, imageBytes + nodes * bytesPerNode);
}

/** The judgement of {@link checkSpace}. */
export function judgeSpace(folder: string, free: number, wanted: number): Finding {
  const found = `${inGiB(free)} free at ${folder}, ${inGiB(wanted)} wanted`;
  const mend = "free some space, or set storagePoolPath to a folder on a larger disk";
  if (free < wanted) return fail("pool space", found, mend);
  return free < 2 * wanted ? warn("pool space", found, mend) : ok("pool space", found);
}

/** The pool's folder may not exist yet; its nearest existing parent is on the same disk. */
async function nearest(folder: string): Promise<string> {
  return statfs(folder).then(
    () => folder,
    () => nearest(dirname(folder)),
  );
}

function inGiB(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
