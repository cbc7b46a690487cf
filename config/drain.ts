import { within } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** How the pods of a worker are evicted when the worker is removed or replaced. */
export interface DrainConfig {
  /** Limit of a whole drain in minutes. */
  readonly timeoutMinutes: number;
  /** Seconds that each pod has to terminate; -1 uses the pod's own grace period. */
  readonly graceSeconds: number;
  /** At the limit, `fail` keeps the worker and fails `up`; `force` deletes the remaining pods and ignores budgets. */
  readonly policy: "fail" | "force";
}

/** Longest drain in minutes. A worker gets this limit for its removal on the day it joins. */
export const longestDrain = 240;

/**
 * Reads and checks the drain settings. Adds what is wrong to `problems`.
 * @param fallback Limit in minutes when the stack sets 0.
 */
export function readDrain(values: Values, problems: Problems, fallback: number): DrainConfig {
  const timeout = values.integer("drainTimeoutMinutes");
  within(problems, "drainTimeoutMinutes", timeout, [0, longestDrain]);
  const graceSeconds = values.integer("drainGraceSeconds");
  // A longer grace period than the longest drain would never end in time.
  within(problems, "drainGraceSeconds", graceSeconds, [-1, longestDrain * 60]);
  const policy = values.string("drainPolicy");
  if (policy !== "fail" && policy !== "force") problems.add("drainPolicy", "fail or force", policy);
  return { timeoutMinutes: timeout || fallback, graceSeconds, policy: policy === "force" ? "force" : "fail" };
}
