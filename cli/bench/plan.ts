import { columns } from "../../lib/table.ts";
import type { PreparedScenario } from "./run/measure-on-cluster.ts";
import { slotsOf } from "./run/measure-schedulers.ts";
import { paceOf, type Pace } from "./scenario/scenario.ts";

/** Describes what a benchmark would do: its nodes, pods, schedulers and order. */
export function describePlan({ scenario, workload, contestants }: PreparedScenario): string {
  const nodes = sum(workload.operations.map((each) => (each.opcode === "createNodes" ? each.count : 0)));
  const pods = sum(
    workload.operations.map((each) =>
      each.opcode === "createPods"
        ? each.pods.count
        : each.opcode === "createPodSets"
          ? sum(each.sets.map(({ count }) => count))
          : each.opcode === "replay"
            ? each.events.filter(({ create }) => create !== undefined).length
            : 0,
    ),
  );
  const slots = slotsOf(scenario, contestants);
  const { nodes: chosen, warmups, repetitions } = scenario;
  const rows = [
    ["workload", workload.name],
    ["nodes", chosen.real === "only" ? "the real workers" : `${nodes} simulated`],
    ["pods", `${pods} in each repetition, done when ${chosen.pods === "run" ? "Running" : "bound"}`],
    ["arrival", arrivalText(paceOf(scenario))],
    ["schedulers", contestants.map(({ name }) => name).join(", ")],
    ["repetitions", `${repetitions} of each, after ${warmups} that do not count`],
    ["order", slots.map(({ contestant }) => contestant.name).join(" ")],
  ];
  const title = scenario.description === "" ? scenario.name : `${scenario.name}: ${scenario.description}`;
  return `${title}\n${columns(rows)}`;
}

function arrivalText(pace: Pace): string {
  if (pace === "trace") return "at the times of the trace";
  return typeof pace === "string" ? pace : `${pace.rate} pods/s`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
