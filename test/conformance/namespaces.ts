import { setTimeout as sleep } from "node:timers/promises";
import type { Kubectl } from "../../cli/machines/readiness.ts";

/** Label of each namespace that the tests create; its value is the run (CreateTestingNS in test/e2e/framework/util.go of 1.36.3). */
const label = "e2e-run";

/** Milliseconds of {@link removeNamespaces}. A namespace ends after its pods, whose grace period is 30 s, and its finalizers. */
const patience = { limit: 300_000, interval: 2_000 };

/** Lists the namespaces that tests have created. */
export async function testNamespaces(ask: Kubectl): Promise<readonly string[]> {
  const names = await ask("get", "namespaces", "--selector", label, "--output", "name");
  return names
    .split("\n")
    .map((line) => line.trim().replace(/^namespace\//, ""))
    .filter((name) => name !== "");
}

/**
 * Deletes the namespaces that a run has left, and waits until they are gone. A killed case leaves its namespace.
 * @param before Namespaces of other runs, which stay.
 * @returns the names that still exist at the limit.
 */
export async function removeNamespaces(
  ask: Kubectl,
  before: readonly string[],
  { limit, interval } = patience,
): Promise<readonly string[]> {
  const began = Date.now();
  for (;;) {
    const left = (await testNamespaces(ask)).filter((name) => !before.includes(name));
    if (left.length === 0 || Date.now() - began > limit) return left;
    // Again each time, because a case may have created one after the list.
    await ask("delete", "namespace", "--ignore-not-found", "--wait=false", ...left);
    await sleep(interval);
  }
}
