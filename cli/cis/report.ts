import { compareNames } from "../../lib/name-order.ts";
import { columns } from "../../lib/table.ts";
import type { Check } from "./check.ts";
import { controlPlaneChecks } from "./control-plane-checks.ts";
import type { NodeFacts } from "./facts.ts";
import { nodeChecks } from "./node-checks.ts";

/** All checks, in the order of the benchmark. */
export const checks: readonly Check[] = [...controlPlaneChecks, ...nodeChecks].sort((one, other) =>
  compareNames(one.id, other.id),
);

/** A node and what it says about itself. */
export interface CheckedNode {
  readonly name: string;
  readonly role: "control-plane" | "worker";
  readonly facts: NodeFacts;
}

/** Outcome of a check on a cluster. */
export interface Result {
  readonly id: string;
  readonly subject: string;
  readonly outcome: "pass" | "fail";
  readonly expected: Check["expected"];
  readonly why: string;
  /** Nodes on which it fails. */
  readonly failing: readonly string[];
}

/** Checks a cluster. A check of every node passes where it passes on all of them. */
export function results(nodes: readonly CheckedNode[]): readonly Result[] {
  return checks.map(({ id, subject, where, expected, why, passes }) => {
    const asked = nodes.filter(({ role }) => where === "every node" || role === "control-plane");
    const failing = asked.filter(({ facts }) => !passes(facts)).map(({ name }) => name);
    const outcome = asked.length > 0 && failing.length === 0 ? "pass" : "fail";
    return { id, subject, outcome, expected, why, failing };
  });
}

/** Results that fail although the list expects them to pass. */
export function unexpected(all: readonly Result[]): readonly Result[] {
  return all.filter(({ outcome, expected }) => outcome === "fail" && expected === "pass");
}

/** Returns the results as a table for a terminal. */
export function reportText(all: readonly Result[]): string {
  const rows = all.map((result) => [result.id, result.outcome, result.subject, reasonOf(result)]);
  const bad = unexpected(all);
  const passed = all.filter(({ outcome }) => outcome === "pass").length;
  const end = `${passed} of ${all.length} checks pass, ${all.length - passed - bad.length} fail as docs/security.md says, ${bad.length} fail unexpectedly`;
  return [columns([["CIS", "OUTCOME", "CHECK", "WHY"], ...rows]), "", end].join("\n");
}

function reasonOf({ outcome, expected, why, failing }: Result): string {
  if (outcome === expected) return why;
  return outcome === "pass" ? "a setting of the stack" : `unexpected on ${failing.join(", ")}: expected that ${why}`;
}
