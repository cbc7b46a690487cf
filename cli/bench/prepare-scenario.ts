import { versions } from "../../tools/versions.ts";
import { resolveContestants } from "./contestants/resolve.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { readWorkload } from "./workload/read-workload.ts";

/**
 * Reads the workload and the schedulers of a scenario. Every scheduler gets the workload's feature gates, and the scenario's.
 * @param folder Folder of the scenario, to which its paths are relative.
 * @throws with everything that is wrong about the workload, else about the schedulers.
 */
export async function prepareScenario(scenario: Scenario, folder: string): Promise<PreparedScenario> {
  const workload = await readWorkload(scenario.workload, folder);
  const featureGates = { ...workload.featureGates, ...scenario.common.featureGates };
  const common = { ...scenario.common, featureGates };
  const contestants = await resolveContestants({ ...scenario, common }, folder, versions.kubernetes);
  return { scenario, workload, contestants };
}
