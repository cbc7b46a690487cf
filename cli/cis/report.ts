import { compareNames } from "../../lib/name-order.ts";
import { columns } from "../../lib/table.ts";
import type { Check } from "./check.ts";
import { clusterChecks } from "./cluster-checks.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import { controlPlaneChecks } from "./control-plane-checks.ts";
import type { NodeFacts } from "./facts.ts";
import { manualChecks } from "./manual-checks.ts";
import { nodeChecks } from "./node-checks.ts";

/** All checks, in the order of the benchmark. */
export const checks: readonly Check[] = [...controlPlaneChecks, ...nodeChecks, ...clusterChecks, ...manualChecks].sort(
  (one, other) => compareNames(one.id, other.id),
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
  readonly outcome: "pass" | "fail" | "manual";
  readonly expected: Check["expected"];
  readonly why: string;
  /** Nodes on which it fails, or objects that differ. */
  readonly failing: readonly string[];
}

/** Checks a cluster. A check of every node passes where it passes on all of them. A manual one has no other outcome. */
export function results(nodes: readonly CheckedNode[], cluster: ClusterFacts): readonly Result[] {
  return checks.map((check) => {
    const { id, subject, expected, why } = check;
    return { id, subject, expected, why, ...outcomeOf(check, nodes, cluster) };
  });
}

function outcomeOf(
  check: Check,
  nodes: readonly CheckedNode[],
  cluster: ClusterFacts,
): Pick<Result, "outcome" | "failing"> {
  if (check.expected === "manual") return { outcome: "manual", failing: [] };
  if (check.where === "cluster") {
    const failing = check.failing(cluster);
    return { outcome: failing.length === 0 ? "pass" : "fail", failing };
  }
  const asked = nodes.filter(({ role }) => check.where === "every node" || role === "control-plane");
  const failing = asked.filter(({ facts }) => !check.passes(facts)).map(({ name }) => name);
  return { outcome: asked.length > 0 && failing.length === 0 ? "pass" : "fail", failing };
}

/** Results that fail although the list expects them to pass. */
export function unexpected(all: readonly Result[]): readonly Result[] {
  return all.filter(({ outcome, expected }) => outcome === "fail" && expected === "pass");
}

/** Returns the results as a table for a terminal. */
export function reportText(all: readonly Result[]): string {
  const rows = all.map((result) => [result.id, result.outcome, result.subject, reasonOf(result)]);
  const bad = unexpected(all);
  const count = (wanted: Result["outcome"]) => all.filter(({ outcome }) => outcome === wanted).length;
  const [passed, manual] = [count("pass"), count("manual")];
  const known = count("fail") - bad.length;
  const end =
    `${passed} of ${all.length - manual} checks pass, ${known} fail as docs/security.md says, ` +
    `${bad.length} fail unexpectedly`;
  const rest = `${manual} recommendations are manual: judge them yourself`;
  return [columns([["CIS", "OUTCOME", "CHECK", "WHY"], ...rows]), "", rest, end].join("\n");
}

function reasonOf({ outcome, expected, why, failing }: Result): string {
  if (outcome === expected) return why;
  return outcome === "pass" ? "a setting of yours" : `unexpected on ${failing.join(", ")}: expected that ${why}`;
}
