import type { Scenario } from "../scenario/scenario.ts";

/** A scenario's document with every key, also those that have their default. */
export type ScenarioDocument = Omit<Scenario, "name" | "document">;

/** Returns the document of a scenario after `--set` and `--calibrate`. Unlike `document` it has every default. */
export function completeDocument(scenario: Scenario): ScenarioDocument {
  const { description, workload, nodes, arrival, schedulers, common, repetitions, warmups, order, seed } = scenario;
  const { repetitionMinutes, compare, thresholds } = scenario;
  return {
    ...{ description, workload, nodes, arrival, schedulers, common, repetitions, warmups, order, seed },
    ...{ repetitionMinutes, compare, thresholds },
  };
}
