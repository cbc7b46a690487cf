import type { Evidence, Symptom } from "./evidence.ts";
import { knownCauses } from "./known-causes/index.ts";
import type { KnownCause } from "./known-causes/known-cause.ts";

/** A known cause that the evidence points to. */
export interface Match {
  readonly cause: KnownCause;
  /** At least one; those that explain the failure come first. */
  readonly symptoms: readonly Symptom[];
}

/** Finds the causes that have symptoms, the most likely first: those that explain a failed node precede all others. */
export function match(evidence: Evidence): readonly Match[] {
  const { failed } = evidence;
  const explains = ({ node, where }: Symptom) => where === "run" || node === undefined || failed.includes(node);
  return knownCauses
    .map((cause) => ({ cause, symptoms: [...cause.symptoms(evidence)] }))
    .filter(({ symptoms }) => symptoms.length > 0)
    .map(({ cause, symptoms }) => ({
      cause,
      symptoms: symptoms.sort((a, b) => Number(explains(b)) - Number(explains(a))),
    }))
    .sort((a, b) => Number(b.symptoms.some(explains)) - Number(a.symptoms.some(explains)));
}
