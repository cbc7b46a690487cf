import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { operationNames } from "./crash-matrix-operations.ts";
import type { Victim } from "./crash-matrix-processes.ts";
import { CrashMatrix, type Backend } from "./crash-matrix.ts";
import { TestStack } from "./stack.ts";

/** Milliseconds for all points of one case. Each point takes 10 to 30 s. */
const limit = 5_400_000;

/** Defines the cases that kill victims at every point of every operation on one backend. Each caller has a stack of its own. */
export function describeCrashes(backend: Backend, victims: readonly Victim[]): void {
  describe(`an operation with its state in the ${backend} backend`, () => {
    let stack: TestStack;
    let matrix: CrashMatrix;

    beforeAll(async () => {
      stack = await TestStack.create({}, backend === "journal");
      matrix = await CrashMatrix.observe(stack);
    });
    // All cases take hours. The totals of those that have ended are in the log of a run that was stopped.
    afterEach(() => console.log(matrix.table()));
    afterAll(() => stack[Symbol.asyncDispose]());

    const cases = operationNames.flatMap((operation) => victims.map((victim) => ({ operation, victim })));
    // `destroy` starts no program.
    const possible = cases.filter(({ operation, victim }) => operation !== "destroy" || victim !== "program");

    it.each(possible)(
      "is completed by the next command: $operation, $victim killed before and after every call",
      async ({ operation, victim }) => {
        const crashes = matrix.crashes(backend, operation, victim);
        expect(crashes.length).toBeGreaterThan(0);
        const problems: string[] = [];
        for (const crash of crashes) problems.push(...(await matrix.crash(crash)));
        expect(problems).toEqual([]);
      },
      limit,
    );

    it.runIf(victims.includes("program"))("starts no program for destroy", () => {
      expect(matrix.crashes(backend, "destroy", "program")).toEqual([]);
    });
  });
}
