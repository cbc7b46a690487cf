import { versions } from "../../tools/versions.ts";
import { resolveContestants } from "./contestants/resolve.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { readWorkload } from "./workload/read-workload.ts";
import { gateProblems, schedulerGates, type FeatureGate } from "./workload/refused.ts";

/**
 * Reads the workload and the schedulers of a scenario. Every scheduler gets the workload's feature gates, and the scenario's.
 * @param folder Folder of the scenario, to which its paths are relative.
 * @throws with every refused feature gate of the scenario, else with everything that is wrong about the workload, else about the
 * schedulers.
 */
export async function prepareScenario(scenario: Scenario, folder: string): Promise<PreparedScenario> {
  const ownGates = Object.entries(scenario.common.featureGates);
  refuseGates(ownGates);
  const workload = await readWorkload(scenario.workload, folder);
  const featureGates = { ...workload.featureGates, ...schedulerGates(ownGates) };
  const common = { ...scenario.common, featureGates };
  const contestants = await resolveContestants({ ...scenario, common }, folder, versions.kubernetes);
  return { scenario, workload, contestants };
}

/** @throws naming each gate that a repetition cannot set. */
function refuseGates(gates: readonly FeatureGate[]): void {
  const problems = gateProblems(gates).map((problem) => `- ${problem}`);
  if (problems.length > 0) {
    throw new Error(
      `common.featureGates has gates that the schedulers cannot get:\n${problems.join("\n")}\n` +
        "Fix: remove them from the scenario, and set a gate of the API server in the stack",
    );
  }
}
