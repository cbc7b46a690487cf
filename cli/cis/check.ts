import type { ClusterFacts } from "./cluster-facts.ts";
import type { NodeFacts } from "./facts.ts";

interface Recommendation {
  /** Number in the benchmark. */
  readonly id: string;
  /** Recommended state, in own words. */
  readonly subject: string;
  /** Why the outcome is the expected one, and for a failure what to do. Of a manual one: how to look. */
  readonly why: string;
}

/** A check of nodes. */
export interface NodeCheck extends Recommendation {
  /** Nodes that it is about. */
  readonly where: "control plane" | "every node";
  /** Outcome on a cluster with the default settings. */
  readonly expected: "pass" | "fail";
  readonly passes: (facts: NodeFacts) => boolean;
}

/** A check of what the API server states. */
export interface ClusterCheck extends Recommendation {
  readonly where: "cluster";
  /** Outcome on a cluster with the default settings. */
  readonly expected: "pass" | "fail";
  /** Returns the objects that differ from the recommendation. */
  readonly failing: (facts: ClusterFacts) => readonly string[];
}

/** A recommendation that a person must judge. */
export interface ManualCheck extends Recommendation {
  readonly where: "cluster";
  readonly expected: "manual";
}

/** A recommendation of the CIS Kubernetes Benchmark 1.10. */
export type Check = NodeCheck | ClusterCheck | ManualCheck;

/** A check without its place. */
export type CheckRow = readonly [
  id: string,
  subject: string,
  expected: NodeCheck["expected"],
  why: string,
  passes: NodeCheck["passes"],
];

/** Returns the checks of a place. */
export function checksOf(where: NodeCheck["where"], rows: readonly CheckRow[]): readonly NodeCheck[] {
  return rows.map(([id, subject, expected, why, passes]) => ({ id, subject, where, expected, why, passes }));
}

/** Returns the value of a unit's argument; undefined without the argument. */
export function flag(unit: string, name: string): (facts: NodeFacts) => string | undefined {
  return ({ units }) => units.get(unit)?.get(name);
}

/** Passes where a running unit has these arguments with any value. */
export function has(unit: string, ...names: readonly string[]): NodeCheck["passes"] {
  return ({ units }) => names.every((name) => (units.get(unit)?.get(name) ?? "") !== "");
}

/** Passes where a running unit does not have the argument, or has it with one of these values. */
export function lacks(unit: string, name: string, ...allowed: readonly string[]): NodeCheck["passes"] {
  return ({ units }) => {
    const value = units.get(unit)?.get(name);
    return units.has(unit) && (value === undefined || allowed.includes(value));
  };
}

/** Passes where a running unit has the argument with this value. */
export function equals(unit: string, name: string, value: string): NodeCheck["passes"] {
  return (facts) => flag(unit, name)(facts) === value;
}

/** Passes where the value of an argument, a list with commas, has the word. */
export function lists(unit: string, name: string, word: string): NodeCheck["passes"] {
  return (facts) => (flag(unit, name)(facts) ?? "").split(",").includes(word);
}

/** Passes where a running unit's list, which may be missing, does not have the word. */
export function omits(unit: string, name: string, word: string): NodeCheck["passes"] {
  return (facts) => facts.units.has(unit) && !lists(unit, name, word)(facts);
}

/** Passes where the value of an argument is a number of at least this. */
export function atLeast(unit: string, name: string, least: number): NodeCheck["passes"] {
  return (facts) => Number(flag(unit, name)(facts) ?? Number.NaN) >= least;
}

/** Passes where every file that matches exists, belongs to root, and permits at most these. One file must match. */
export function guarded(path: RegExp, most: number): NodeCheck["passes"] {
  return ({ files }) => {
    const found = [...files].filter(([name]) => path.test(name));
    return found.length > 0 && found.every(([, { mode, owner }]) => (mode & ~most) === 0 && owner === "root:root");
  };
}

/** Passes where every file that matches belongs to this user and group. One file must match. @param owner @default root:root */
export function owned(path: RegExp, owner = "root:root"): NodeCheck["passes"] {
  return ({ files }) => {
    const found = [...files].filter(([name]) => path.test(name));
    return found.length > 0 && found.every(([, file]) => file.owner === owner);
  };
}

/** Passes where no file matches. The node must have stated other files. */
export function absent(path: RegExp): NodeCheck["passes"] {
  return ({ files }) => files.size > 0 && ![...files.keys()].some((name) => path.test(name));
}

/** Passes where a field of the kubelet's configuration fulfils the condition. A path has dots. */
export function kubelet(path: string, condition: (value: unknown) => boolean): NodeCheck["passes"] {
  return (facts) => {
    let value: unknown = facts.kubelet;
    for (const key of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[key];
    return Object.keys(facts.kubelet).length > 0 && condition(value);
  };
}
