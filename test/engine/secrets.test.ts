import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyBody } from "./material.ts";
import { TestStack, type Outcome } from "./stack.ts";

describe("secrets", () => {
  let stack: TestStack;
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    stack = await TestStack.create({ workers: 1 });
    outcomes.push(await stack.preview(), await stack.up());
    stack.world.on("before", /create Command worker-node-2-join/, () => {
      throw new Error("planned by the test");
    });
    outcomes.push(await stack.up({ workers: 2 }), await stack.preview({}, "--diff"));
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  /** Every secret: tokens, kubeconfig and private key. */
  const secrets = () => {
    // Without secrets, every case would pass.
    expect(stack.guests.secrets.length).toBeGreaterThanOrEqual(3);
    return [...stack.guests.secrets, keyBody];
  };

  it("are not in the state", async () => {
    const state = await stack.exportText();
    expect(state).toContain("ciphertext");
    for (const secret of secrets()) expect(state).not.toContain(secret);
  });

  it("are not in the output of the CLI, also when it fails", () => {
    expect(outcomes.map(({ succeeded }) => succeeded)).toEqual([true, true, false, true]);
    for (const { text } of outcomes) for (const secret of secrets()) expect(text).not.toContain(secret);
  });

  it("are not in the engine's log of events", () => {
    for (const { events } of outcomes) {
      // The SDK writes its inputs into messages that only --debug shows.
      const shown = events.split("\n").filter((event) => !event.includes('"severity":"debug"'));
      expect(shown.filter((event) => event.includes("resourcePreEvent")).length).toBeGreaterThan(30);
      for (const secret of secrets()) expect(shown.filter((event) => event.includes(secret))).toEqual([]);
    }
  });
});
