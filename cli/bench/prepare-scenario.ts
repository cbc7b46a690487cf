import { versions } from "../../tools/versions.ts";
import { resolveContestants } from "./contestants/resolve.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { readWorkload } from "./workload/read-workload.ts";
import { isSchedulerGate, refusedGate } from "./workload/refused.ts";

/**
 * Reads the workload and the schedulers of a scenario. Every scheduler gets the workload's feature gates, and the scenario's.
 * @param folder Folder of the scenario, to which its paths are relative.
 * @throws with every refused feature gate of the scenario, else with everything that is wrong about the workload, else about the
 * schedulers.
 */
export async function prepareScenario(scenario: Scenario, folder: string): Promise<PreparedScenario> {
  const ownGates = schedulerGates(scenario.common.featureGates);
  const workload = await readWorkload(scenario.workload, folder);
  const featureGates = { ...workload.featureGates, ...ownGates };
  const common = { ...scenario.common, featureGates };
  const contestants = await resolveContestants({ ...scenario, common }, folder, versions.kubernetes);
  return { scenario, workload, contestants };
}

/** Returns the gates that a scheduler must get. @throws naming each that a repetition cannot set. */
function schedulerGates(gates: Readonly<Record<string, boolean>>): Readonly<Record<string, boolean>> {
  const problems = Object.entries(gates).flatMap(([name, value]) => {
    const reason = refusedGate(name, value);
    return reason === undefined ? [] : [`- ${name}=${value} is refused: ${reason}`];
  });
  if (problems.length > 0) {
    throw new Error(
      `common.featureGates has gates that the schedulers cannot get:\n${problems.join("\n")}\n` +
        "Fix: remove them from the scenario, and set a gate of the API server in the stack",
    );
  }
  return Object.fromEntries(Object.entries(gates).filter(([name]) => isSchedulerGate(name)));
}
