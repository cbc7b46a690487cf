import type { ObservedAt } from "../metrics/usage.ts";
import type { Contestant } from "./contestant.ts";
import type { Seen } from "./scheduler-control.ts";

/** Changes and observes the scheduler of a cluster, wherever it runs. */
export interface SchedulerSwitch {
  /** Brings what a scheduler needs before its first start. */
  readonly provide: (contestant: Contestant) => Promise<void>;
  /** Starts a scheduler in the place of any other one, and waits until it is healthy. */
  readonly activate: (contestant: Contestant) => Promise<void>;
  /** Leaves the cluster without a scheduler until the next call. */
  readonly pause: (contestant: Contestant) => Promise<void>;
  /** Starts the shipped scheduler, and removes everything else. May be called at any time. */
  readonly restore: () => Promise<void>;
  /** Reads the usage, and the metrics at an edge. @param clock Milliseconds since the start of the repetition. */
  readonly observe: (when: ObservedAt, clock: () => number) => Promise<Seen>;
  /** Returns the end of the log of the scheduler under test. */
  readonly journal: () => Promise<string>;
  /** Whether the last observation saw the scheduler that was started last, and no other one. */
  readonly ran: boolean;
}
