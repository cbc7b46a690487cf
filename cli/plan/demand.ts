import { dataDiskGiB, nodesOfPlan, type PlanNode } from "./plan-nodes.ts";
import type { Inputs, Plan, Planned } from "./planned.ts";

/** Resources that the machines of a cluster may use. */
export interface Demand {
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Size of the root and data disks. A disk takes only the space that was written. */
  readonly diskGiB: number;
}

/** Demand of a cluster before and after a change. */
export interface DemandChange {
  readonly before: Demand;
  readonly after: Demand;
}

/** Size of a machine. */
export type Size = Demand;

/** Returns the demand of all machines of a plan, before and after. */
export function demandOf(plan: Plan): DemandChange {
  const nodes = nodesOfPlan(plan);
  return {
    before: sumOf(nodes.map((node) => sizeOf(node, ({ before }) => before))),
    after: sumOf(nodes.map((node) => sizeOf(node, ({ after }) => after))),
  };
}

/** Adds sizes of machines. */
export function sumOf(sizes: readonly Size[]): Demand {
  return sizes.reduce(
    (sum, { vcpus, memoryMiB, diskGiB }) => ({
      vcpus: sum.vcpus + vcpus,
      memoryMiB: sum.memoryMiB + memoryMiB,
      diskGiB: sum.diskGiB + diskGiB,
    }),
    { vcpus: 0, memoryMiB: 0, diskGiB: 0 },
  );
}

function sizeOf(node: PlanNode, side: (resource: Planned) => Inputs): Size {
  const { domain, root } = node;
  const number = (resource: Planned | undefined, key: string) => {
    const value = resource === undefined ? undefined : side(resource)[key];
    return typeof value === "number" ? value : 0;
  };
  return {
    vcpus: number(domain, "vcpu"),
    memoryMiB: number(domain, "memory"),
    diskGiB: number(root, "size") / 2 ** 30 + (dataDiskGiB(node, side) ?? 0),
  };
}
