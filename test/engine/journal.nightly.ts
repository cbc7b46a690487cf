import { expect, it } from "vitest";
import { killAtLines } from "./journal-kills.ts";
import { TestStack } from "./stack.ts";

// The days since 1970 decide the lines, so each night has others.
const day = Math.floor(Date.now() / 86_400_000);
const seeds = Array.from({ length: 10 }, (_, index) => day * 10 + index);

it.each(seeds)("nothing is lost when everything is killed at 10 random lines of the journal, seed %d", async (seed) => {
  await using stack = await TestStack.create({}, true);
  await expect(killAtLines(stack, 10, seed)).resolves.toBeUndefined();
});
