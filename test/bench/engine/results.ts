import type { Operation, Result } from "../../../bench/engine/operations.ts";

/** A finished operation with a CPU time. @param changed Other fields. */
export function result(workers: number, operation: Operation, cpu: number, changed: Partial<Result> = {}): Result {
  return {
    tool: "nodeforge",
    workers,
    operation,
    outcome: "done",
    wall: 2 * cpu,
    cpu: { cli: cpu * 0.75, program: cpu * 0.25, plugins: 1000 },
    memory: { cli: 2 ** 30, program: 2 ** 30 },
    writes: { count: 12, bytes: 3_400_000 },
    state: { bytes: workers * 10_000, resources: workers * 8 },
    ...changed,
  };
}
