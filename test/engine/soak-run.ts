import fc from "fast-check";
import { SoakCluster } from "./soak-cluster.ts";
import { step } from "./soak-generators.ts";
import { Model } from "./soak-model.ts";
import { Step, type Operation, type SoakTarget } from "./soak-operations.ts";
import { firstDesired } from "./soak-settings.ts";

/** Size of a soak. */
export interface SoakSize {
  /** Number of operations. The last walk may exceed it. */
  readonly operations: number;
  /** Seconds after the first failure in which a shorter list is looked for. */
  readonly shrinkSeconds: number;
}

/**
 * Most operations of a walk. Part of the seed's meaning: another number makes other lists. A walk costs two runs at its end,
 * so short walks cost more. The shortest list of a longer walk is found later.
 */
const longest = 200;

/** Failure of the shortest list so far. */
interface Failure {
  readonly performed: readonly Operation[];
  readonly reason: string;
}

/**
 * Performs random operations on a cluster until their number is reached, walk after walk. Each walk begins from the same cluster,
 * and its seed decides its operations. A walk ends with a complete run, and with a second one that must change nothing.
 * @param seed Seed of the first walk; each further walk has the next number.
 * @returns the number of operations and of walks.
 * @throws with the seed and the shortest list of operations that fails.
 */
export async function soak(seed: number, size: SoakSize) {
  await using cluster = await SoakCluster.create();
  return await soakOn(cluster, seed, size);
}

/** As {@link soak}, on another cluster. */
export async function soakOn(cluster: SoakTarget, seed: number, { operations, shrinkSeconds }: SoakSize) {
  let [performed, walks] = [0, 0];
  while (performed < operations) {
    const walkSeed = seed + walks;
    const { failure, count } = await randomWalk(cluster, walkSeed, shrinkSeconds);
    if (failure !== undefined) throw new Error(describe(walkSeed, failure));
    performed += count;
    walks++;
  }
  return { performed, walks };
}

/** Performs a list of operations, as a failure prints it. @throws when it fails. */
export async function repeat(list: readonly Operation[]): Promise<void> {
  await using cluster = await SoakCluster.create();
  await walk(
    cluster,
    list.map((operation) => new Step(operation)),
  );
}

/** Walk of random operations. Returns the number of operations, and the failure of the shortest list that fails. */
async function randomWalk(cluster: SoakTarget, seed: number, shrinkSeconds: number) {
  let failure: Failure | undefined;
  let count = 0;
  let end = Infinity;
  // The limit counts lists, also those that the time leaves out.
  const lists = fc.limitShrink(fc.commands([step], { maxCommands: longest, size: "max" }), 500);
  const property = fc.asyncProperty(lists, async (commands) => {
    // Then the list counts as one that does not fail.
    if (Date.now() > end) return;
    try {
      await cluster.reset();
      await walk(cluster, commands);
    } catch (error) {
      if (end === Infinity) end = Date.now() + shrinkSeconds * 1000;
      failure = { performed: [...cluster.performed], reason: (error as Error).message };
      throw error;
    }
    count = cluster.performed.length;
  });
  // Biased lists are short, and each walk costs two runs at its end.
  await fc.check(property, { seed, numRuns: 1, unbiased: true });
  return { failure, count };
}

/** Performs operations on the first cluster. Then completes the cluster, and expects that an unchanged `up` changes nothing. */
async function walk(cluster: SoakTarget, commands: Iterable<fc.AsyncCommand<Model, SoakTarget>>): Promise<void> {
  const model = new Model(firstDesired);
  await fc.asyncModelRun(() => ({ model, real: cluster }), commands);
  if (!model.isSettled) await cluster.run(model);
  if (cluster.performed.length > 0) await cluster.expectNothingToDo();
}

function describe(seed: number, { performed, reason }: Failure): string {
  const list = JSON.stringify(performed);
  const test = "npm run test:engine -- test/engine/soak.test.ts";
  const journal = process.env.NODEFORGE_JOURNAL === "on" ? "NODEFORGE_JOURNAL=on " : "";
  return [
    `seed ${seed} fails: ${reason.split("\n", 1)[0]}`,
    ...performed.map((operation) => `  ${JSON.stringify(operation)}`),
    `Repeat the random list: ${journal}NODEFORGE_SEED=${seed} ${test}`,
    `Repeat this list: ${journal}NODEFORGE_SOAK_LIST='${list.replaceAll("'", "'\\''")}' ${test}`,
    reason,
  ].join("\n");
}
