import { expect, it } from "vitest";
import { interruptCreations } from "./recovering.ts";
import { TestStack } from "./stack.ts";

it("an up is completed after a kill at every single creation, and no object is created twice", async () => {
  await using stack = await TestStack.create();
  await expect(interruptCreations(stack, "every")).resolves.toBeUndefined();
});
