import { describe, expect, test } from "vitest";
import { describePlan } from "../../../cli/bench/plan.ts";
import type { Operation } from "../../../cli/bench/workload/operation.ts";
import { prepared } from "./run/prepared.ts";
import { batch, create, podNamed } from "./run/stage.ts";

/** Returns the values of the plan by their names. */
function rows(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split("\n")
      .slice(1)
      .map((line) => line.split(/ {3,}/) as [string, string]),
  );
}

describe("a plan", () => {
  test("says what a benchmark would do", () => {
    const text = describePlan(prepared({ repetitions: 2, warmups: 1 }));
    expect(text.split("\n")[0]).toBe("test");
    expect(rows(text)).toEqual({
      workload: "test",
      nodes: "2 simulated",
      pods: "3 in each repetition, done when bound",
      arrival: "backlog",
      schedulers: "a, b",
      repetitions: "2 of each, after 1 that do not count",
      order: "a a a b b b",
    });
  });

  test("has the description, the rate and the real workers of its scenario", () => {
    const changes = { description: "Real pods.", arrival: { rate: 5 }, nodes: { real: "only", pods: "run" } } as const;
    const text = describePlan(prepared(changes));
    expect(text.split("\n")[0]).toBe("test: Real pods.");
    expect(rows(text)).toMatchObject({
      nodes: "the real workers",
      pods: "3 in each repetition, done when Running",
      arrival: "5 pods/s",
    });
  });

  test.each(["backlog", "burst", { rate: 5 }] as const)(
    "has the times of a trace, whatever the arrival is: %j",
    (arrival) => {
      const workload = { from: "openb", pods: "pods.csv", speed: 10, nodes: 2 } as const;
      expect(rows(describePlan(prepared({ workload, arrival }))).arrival).toBe("at the times of the trace");
    },
  );

  test("counts the pods of every operation that creates some", () => {
    const replay: Operation = {
      ...{ opcode: "replay", namespace: "a" },
      events: [
        { at: 0, create: podNamed("x") },
        { at: 1, remove: "x" },
      ],
    };
    const sets: Operation = { opcode: "createPodSets", sets: [batch(10), batch(20)], collectMetrics: true };
    const operations = [create(4), sets, replay, { opcode: "sleep", seconds: 1 } as const];
    expect(rows(describePlan(prepared({}, ...operations))).pods).toBe("35 in each repetition, done when bound");
  });
});
