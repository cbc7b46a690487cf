/**
 * Compares bring-ups inside the lab's namespaces, where `bench/floor.ts` starts this program.
 *
 * Arguments: numbers of workers.
 */
import { kubectl } from "../../tools/kubectl.ts";
import { Lab } from "../../test/e2e/lab.ts";
import { addonsOf } from "./addons.ts";
import { readMachines, resetMachines } from "./bare-machines.ts";
import { oneByOne, overlapped, type BareCluster, type Ends } from "./bring-ups.ts";
import { partsOf, report } from "./comparison.ts";

const stack = "floor";

const reports: string[] = [];
for (const workers of process.argv.slice(2)) reports.push(await compare(Number(workers)));
console.log(`\n${reports.join("\n\n")}`);

/** Runs the three bring-ups of a number of workers, and returns their comparison. */
async function compare(workers: number): Promise<string> {
  const lab = new Lab(stack);
  try {
    await lab.prepare();
    await lab.set("workers", String(workers));
    const began = Date.now();
    const up = await lab.up();
    const seconds = Math.round((Date.now() - began) / 1000);
    const cluster = await bareClusterOf(lab);
    const run = async (what: string, bringUp: (cluster: BareCluster) => Promise<Ends>) => {
      console.log(`${what}, ${workers} workers`);
      await resetMachines(lab, [cluster.master, ...cluster.workers]);
      return bringUp(cluster);
    };
    const floor = await run("the floor", overlapped);
    const manual = await run("the order by hand", oneByOne);
    const end = (ends: Ends) => Math.max(...Object.values(ends));
    const totals = { workers, up: seconds, floor: end(floor), manual: end(manual) };
    await lab.set("masterDataProtected", "false");
    return report(totals, partsOf(stack, up.all, seconds, floor));
  } finally {
    // The hypervisor ends with its namespaces, so nothing else remains.
    await lab.nodeforge("destroy", ["--yes"], 10);
    lab.remove();
  }
}

/** Reads the needs of the other two bring-ups from the cluster that `up` has made. */
async function bareClusterOf(lab: Lab): Promise<BareCluster> {
  const [master, ...workers] = await readMachines(lab, stack);
  if (master === undefined) throw new Error("the cluster has no control plane");
  const configuration = await lab.ssh(master.address, "cat /etc/nodeforge/kubeadm.yaml");
  return { lab, master, workers, configuration, addons: await addonsOf(lab), kubectl: await kubectl() };
}
