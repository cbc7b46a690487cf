import fc from "fast-check";
import type { Change } from "./soak-changes.ts";
import type { ByHand } from "./soak-damages.ts";
import { Step, type Operation } from "./soak-operations.ts";
import { images, mostWorkers, pools } from "./soak-settings.ts";
import { moments, ways } from "./soak-stops.ts";

const pool = fc.constantFrom(...pools);
const memoryMiB = fc.constantFrom(2048, 3072);
const node = fc.nat(2 * mostWorkers);

const changes: readonly fc.Arbitrary<Change>[] = [
  fc.record({ do: fc.constant("grow"), pool, by: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ do: fc.constant("shrink"), pool, by: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ do: fc.constant("resize"), pool: fc.constantFrom(...pools, "control plane" as const), memoryMiB }),
  fc.record({ do: fc.constant("label"), pool, labels: fc.constantFrom([], ["disk=ssd"], ["disk=hdd", "zone=a"]) }),
  fc.record({
    do: fc.constant("taint"),
    pool,
    taints: fc.constantFrom([], ["dedicated=bench:NoSchedule"], ["dedicated=bench:NoSchedule", "slow:NoExecute"]),
  }),
  fc.record({
    do: fc.constant("roll"),
    image: fc.constantFrom(...images),
    maxUnavailable: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ do: fc.constant("roll pool"), pool, image: fc.constantFrom(undefined, ...images) }),
  // Many changes have nothing to undo yet.
  ...[1, 3].map((most) => fc.record({ do: fc.constant("undo"), changes: fc.integer({ min: 1, max: most }) })),
  fc.constant({ do: "discard" }),
];

const byHand: readonly fc.Arbitrary<ByHand>[] = [
  ...(["remove domain", "remove root disk", "remove seed disk", "power off", "delete Node"] as const).map((kind) =>
    fc.record({ do: fc.constant(kind), node }),
  ),
  fc.record({ do: fc.constant("remove base image"), image: fc.constantFrom(...images) }),
  fc.constant({ do: "reboot" }),
];

const up: fc.Arbitrary<Operation> = fc.oneof(
  // A shorter list has no early end where it fails without one.
  { withCrossShrink: true },
  { weight: 1, arbitrary: fc.constant({ do: "up" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("up"),
      stop: fc.record({
        at: fc.constantFrom(...(Object.keys(moments) as (keyof typeof moments)[])),
        how: fc.constantFrom(...ways),
      }),
    }),
  },
);

const loseData: fc.Arbitrary<Operation> = fc.constant({ do: "remove data disk" });

/**
 * The operation that fast-check repeats. A run costs thousands of times as much as any other operation. With these weights,
 * one of twelve operations runs `up`.
 */
export const step: fc.Arbitrary<Step> = fc
  .oneof(
    { weight: 60, arbitrary: fc.oneof(...changes) },
    { weight: 40, arbitrary: fc.oneof(...byHand) },
    { weight: 6, arbitrary: up },
    { weight: 1, arbitrary: loseData },
  )
  .map((operation) => new Step(operation));
