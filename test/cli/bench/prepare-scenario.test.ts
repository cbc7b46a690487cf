import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareScenario } from "../../../cli/bench/prepare-scenario.ts";
import { readScenario } from "../../../cli/bench/scenario/read-scenario.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { scenarioText } from "./scenario-text.ts";

/** Prepares a scenario with these gates for all its schedulers. */
async function preparedWith(featureGates: Readonly<Record<string, boolean>>) {
  const folder = temporaryFolder();
  const path = join(folder, "small.yaml");
  writeFileSync(path, `${scenarioText}common: { featureGates: ${JSON.stringify(featureGates)} }\n`);
  return prepareScenario(readScenario(path)[0]!, folder);
}

test("a gate of the scheduler goes to each scheduler, and a locked one has its value already", async () => {
  const gates = { SchedulerAsyncPreemption: false, SchedulerQueueingHints: true };
  const { contestants } = await preparedWith(gates);
  const given = contestants.map((each) => each.arguments.filter((argument) => argument.startsWith("--feature-gates")));
  expect(given).toEqual(Array(2).fill(["--feature-gates=SchedulerAsyncPreemption=false"]));
});

test("gates that a repetition cannot set are refused in one error, and no others", async () => {
  const gates = { DRADeviceTaints: true, SchedulerAsyncPreemption: false, SchedulerQueueingHints: false };
  await expect(preparedWith(gates)).rejects.toThrow(
    new Error(
      "common.featureGates has gates that the schedulers cannot get:\n" +
        "- DRADeviceTaints=true is refused: the API server must know it: it is a setting of the stack, not of a repetition\n" +
        "- SchedulerQueueingHints=false is refused: Kubernetes has locked it to true; choose the workload that sets true\n" +
        "Fix: remove them from the scenario, and set a gate of the API server in the stack",
    ),
  );
});
