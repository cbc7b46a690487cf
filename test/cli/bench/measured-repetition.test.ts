import { expect, test } from "vitest";
import { measuredRepetition } from "../../../cli/bench/measured-repetition.ts";
import { boundAt, repetition } from "./metrics/repetitions.ts";
import { prepared } from "./run/prepared.ts";

test.each([
  ["openb", "workload"],
  // Without scrapes nothing else is known about the limit.
  ["inline", "unknown"],
] as const)("the limit of a backlog of the workload %s is %s", (from, limit) => {
  const trace = { from: "openb", pods: "pods.csv", speed: 10, nodes: 2 } as const;
  const scenario = prepared(from === "openb" ? { workload: trace } : {});
  const { limit: found } = measuredRepetition(repetition({ pods: boundAt(1000, 2000) }), [], scenario, 2);
  expect(found.by).toBe(limit);
});
