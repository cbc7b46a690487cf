import { within } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** How a worker's pods make way when it leaves. */
export interface DrainConfig {
  /** Limit of the whole drain in minutes. */
  readonly timeoutMinutes: number;
  /** Seconds each pod has to end; -1 leaves it to the pod. */
  readonly graceSeconds: number;
  /** What happens when it cannot finish: the worker stays and `up` fails, or its pods are deleted whatever protects them. */
  readonly policy: "fail" | "force";
}

/** Longest drain, in minutes: what the leaving of a worker is bounded by from the day it joined. */
export const longestDrain = 240;

/**
 * Reads and checks how workers leave; what is wrong goes to `problems`.
 * @param fallback Limit in minutes where the stack says 0.
 */
export function readDrain(values: Values, problems: Problems, fallback: number): DrainConfig {
  const timeout = values.integer("drainTimeoutMinutes");
  within(problems, "drainTimeoutMinutes", timeout, [0, longestDrain]);
  const graceSeconds = values.integer("drainGraceSeconds");
  // More than the whole drain may take would never be reached.
  within(problems, "drainGraceSeconds", graceSeconds, [-1, longestDrain * 60]);
  const policy = values.string("drainPolicy");
  if (policy !== "fail" && policy !== "force") problems.add("drainPolicy", "fail or force", policy);
  return { timeoutMinutes: timeout || fallback, graceSeconds, policy: policy === "force" ? "force" : "fail" };
}
