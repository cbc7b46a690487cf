import { expect, it } from "vitest";
import { soak } from "./soak-run.ts";
import { firstSeed, seedsOfPart, soakMilliseconds } from "./soak-seeds.ts";

const {
  // The days since 1970 decide the operations, so each night has others.
  NODEFORGE_SOAK_NIGHT = String(Math.floor(Date.now() / 86_400_000)),
  // Several machines share the operations of a night.
  NODEFORGE_SOAK_PART = "0",
  NODEFORGE_SEED = String(firstSeed(Number(NODEFORGE_SOAK_NIGHT), Number(NODEFORGE_SOAK_PART))),
  NODEFORGE_SOAK_OPERATIONS = "1000",
} = process.env;
const operations = Number(NODEFORGE_SOAK_OPERATIONS);

it(
  `${operations} random operations leave the cluster that the settings describe, seed ${NODEFORGE_SEED}`,
  async () => {
    const { performed, walks } = await soak(Number(NODEFORGE_SEED), { operations, shrinkSeconds: 900 });
    expect(performed).toBeGreaterThanOrEqual(operations);
    expect(walks).toBeLessThanOrEqual(seedsOfPart);
  },
  soakMilliseconds(operations),
);
