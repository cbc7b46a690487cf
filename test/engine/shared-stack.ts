import { afterAll, beforeAll, beforeEach } from "vitest";
import { TestStack } from "./stack.ts";

/**
 * Creates a stack once for all cases of a `describe` block: each case starts from the stack and the world as `prepare` left
 * them. The stack is disposed of after the last case, also where `prepare` failed.
 * @param prepare Brings the new stack to the state that the cases start from.
 */
export function shareStack(prepare: (stack: TestStack) => Promise<unknown>): void {
  let stack: TestStack | undefined;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    stack = await TestStack.create();
    await prepare(stack);
    restore = await stack.remember();
  });
  beforeEach(() => restore());
  afterAll(() => stack?.[Symbol.asyncDispose]());
}
