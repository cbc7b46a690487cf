import fc from "fast-check";
import { Step, type Change, type Operation } from "./soak-operations.ts";
import { images, mostWorkers, pools } from "./soak-settings.ts";
import { moments, ways } from "./soak-stops.ts";

const pool = fc.constantFrom(...pools);
const memoryMiB = fc.constantFrom(2048, 3072);
const node = fc.nat(2 * mostWorkers);
const stop = fc.oneof(
  // A shorter list has no early end where it fails without one.
  { withCrossShrink: true },
  { weight: 1, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      stop: fc.record({
        at: fc.constantFrom(...(Object.keys(moments) as (keyof typeof moments)[])),
        how: fc.constantFrom(...ways),
      }),
    }),
  },
);

/** A change with an early end of its run, or without one. */
function changeOf(change: fc.Arbitrary<Change>): fc.Arbitrary<Operation> {
  return fc.tuple(change, stop).map(([made, ended]) => ({ ...made, ...ended }));
}

const changes: readonly fc.Arbitrary<Operation>[] = [
  changeOf(fc.record({ do: fc.constant("grow"), pool, by: fc.integer({ min: 1, max: 2 }) })),
  changeOf(fc.record({ do: fc.constant("shrink"), pool, by: fc.integer({ min: 1, max: 2 }) })),
  changeOf(
    fc.record({ do: fc.constant("resize"), pool: fc.constantFrom(...pools, "control plane" as const), memoryMiB }),
  ),
  changeOf(
    fc.record({ do: fc.constant("label"), pool, labels: fc.constantFrom([], ["disk=ssd"], ["disk=hdd", "zone=a"]) }),
  ),
  changeOf(
    fc.record({
      do: fc.constant("taint"),
      pool,
      taints: fc.constantFrom([], ["dedicated=bench:NoSchedule"], ["dedicated=bench:NoSchedule", "slow:NoExecute"]),
    }),
  ),
  changeOf(
    fc.record({
      do: fc.constant("roll"),
      image: fc.constantFrom(...images),
      maxUnavailable: fc.integer({ min: 1, max: 2 }),
    }),
  ),
  changeOf(fc.record({ do: fc.constant("roll pool"), pool, image: fc.constantFrom(undefined, ...images) })),
  // Many changes have nothing to undo yet.
  ...[1, 2, 3].map((most) =>
    changeOf(fc.record({ do: fc.constant("undo"), changes: fc.integer({ min: 1, max: most }) })),
  ),
  changeOf(fc.constant({ do: "repeat" })),
];

const byHand: readonly fc.Arbitrary<Operation>[] = [
  ...(["remove domain", "remove root disk", "remove seed disk", "power off", "delete Node"] as const).map((kind) =>
    fc.record({ do: fc.constant(kind), node }),
  ),
  fc.record({ do: fc.constant("remove base image"), image: fc.constantFrom(...images) }),
  fc.constant({ do: "reboot" } as const),
  fc.constant({ do: "remove data disk" } as const),
];

/** Operations among which fast-check chooses. A change of the settings costs a run, and finds more than one by hand. */
export const steps: readonly fc.Arbitrary<Step>[] = [...changes, ...changes, ...byHand].map((operation) =>
  operation.map((made) => new Step(made)),
);
