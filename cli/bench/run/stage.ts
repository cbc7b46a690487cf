import type { Connection } from "../../../lib/api-server.ts";
import type { Arrival, Scenario } from "../scenario/scenario.ts";
import type { PodTracker } from "./pod-tracker.ts";

/** Surroundings of one run of a workload. */
export interface Stage {
  /** Connection of the generator. */
  readonly connection: Connection;
  readonly tracker: PodTracker;
  /** Milliseconds since the start of the repetition. */
  readonly clock: () => number;
  readonly arrival: Arrival;
  readonly nodes: Scenario["nodes"];
  /**
   * Whether a selector keeps the pods on the benchmark's simulated nodes, because the cluster has others. It costs the scheduler a
   * sixth of its time. scheduler_perf, whose cluster has no other nodes, has none.
   */
  readonly isConfined: boolean;
  /** Value of `schedulerName` of every pod. @default what the workload says */
  readonly schedulerName?: string;
  readonly seed: number;
  /** Ends the repetition. */
  readonly signal: AbortSignal;
  /** Stops any scheduler, so that a backlog can arise. */
  readonly pause: () => Promise<void>;
  /** Starts the scheduler under test with a cold cache, in the place of any other one. */
  readonly start: () => Promise<void>;
  /** Called before the first measured pod, and after the last one. */
  readonly onWindow: (edge: "start" | "end") => Promise<void>;
}

/** Requests at the same time. The generator must not be the limit, and 16 keep an API server of four processors busy. */
export const atOnce = 16;
