import type { Role } from "../../topology.ts";

/**
 * Change of a node. `booted`: its machine is off and starts. `rejoined`: it joins the cluster again on the same machine.
 * `updated`: steps run again on it, and its pods stay.
 */
export type Change = "added" | "removed" | "replaced" | "booted" | "rejoined" | "updated";

/** Reason of a change, in words, with the values before and after where they are known. */
export interface Reason {
  readonly what: string;
  readonly before?: string;
  readonly after?: string;
}

/** A node that a plan changes. */
export interface NodeChange {
  readonly node: string;
  readonly role: Role;
  readonly change: Change;
  /** Never empty, except for a node that is added or removed. */
  readonly reasons: readonly Reason[];
}

/** Whether the change ends the pods of a worker. The worker is drained before. */
export function drains({ role, change }: NodeChange): boolean {
  return role === "worker" && ["removed", "replaced", "rejoined"].includes(change);
}

/** Reason of a control plane whose data disk gets another size in GiB. The program refuses a smaller one. */
export function dataDiskReason(before: number, after: number): Reason {
  return {
    what:
      after > before
        ? `its data disk grows from ${before} to ${after} GiB`
        : `its data disk cannot shrink from ${before} to ${after} GiB, so the run will be refused`,
  };
}

/** Describes a reason in one line, such as `memory 2048 MiB → 4096 MiB`. */
export function describeReason({ what, before, after }: Reason): string {
  if (before === undefined && after === undefined) return what;
  return `${what} ${before ?? "(none)"} → ${after ?? "(known later)"}`;
}
