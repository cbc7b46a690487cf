import { expect, it } from "vitest";
import { soak } from "./soak-run.ts";

// The days since 1970 decide the operations, so each night has others.
const day = Math.floor(Date.now() / 86_400_000);
const { NODEFORGE_SEED = String(day * 1000), NODEFORGE_SOAK_OPERATIONS = "1000" } = process.env;
const operations = Number(NODEFORGE_SOAK_OPERATIONS);

it(`${operations} random operations leave the cluster that the settings describe, seed ${NODEFORGE_SEED}`, async () => {
  const { performed } = await soak(Number(NODEFORGE_SEED), { operations, shrinkSeconds: 900 });
  expect(performed).toBeGreaterThanOrEqual(operations);
}, 7_200_000);
