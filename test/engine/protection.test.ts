import { describe, expect, it } from "vitest";
import { withoutProtection } from "../../cli/stack/protection.ts";
import { TestStack } from "./stack.ts";
import { recoveryOf } from "./recovering.ts";

/** Creates a cluster whose control plane's root disk is protected. */
async function protectedStack(): Promise<TestStack> {
  const stack = await TestStack.create({ workers: 0, masterDataProtected: false });
  await stack.up();
  const { resources = [] } = (await stack.export()).deployment;
  const urn = resources.find((resource) => resource.urn.endsWith("::lab-master-root"))?.urn ?? "";
  await stack.session().capture(["state", "protect", urn, "--yes", "--stack", "lab"]);
  expect(await protectedOf(stack)).toEqual([urn]);
  return stack;
}

async function protectedOf(stack: TestStack): Promise<string[]> {
  const { resources = [] } = (await stack.export()).deployment;
  return resources.filter((resource) => resource.protect).map(({ urn }) => urn);
}

/** Destroys the stack as `npm run destroy` does. Without `--yes`, Pulumi's question gets no answer. */
async function destroy(stack: TestStack, ...args: string[]) {
  const session = stack.session();
  const said: string[] = [];
  const work = () => session.pulumi(["destroy", "--stack", "lab", ...args]);
  return { code: await withoutProtection(session, work, (line) => said.push(line)), said };
}

describe("a cluster with a protected disk", () => {
  it("is not destroyed by plain pulumi, and is destroyed by our destroy", async () => {
    await using stack = await protectedStack();
    const plain = await stack.plainDestroy();
    expect(plain.succeeded).toBe(false);
    expect(plain.text).toContain("pulumi state unprotect");
    expect(await protectedOf(stack)).toHaveLength(1);
    expect(await destroy(stack, "--yes")).toEqual({ code: 0, said: [] });
    expect([...stack.world.things]).toEqual([]);
  });

  it("is protected again when the destroy was not confirmed", async () => {
    await using stack = await protectedStack();
    const { code, said } = await destroy(stack);
    expect([code === 0, said]).toEqual([false, []]);
    expect(await protectedOf(stack)).toHaveLength(1);
    expect(await stack.drift()).toEqual([]);
  });

  it("is protected again when the destroy failed before the disk was deleted, and only then", async () => {
    await using stack = await protectedStack();
    const fail = () => {
      throw new Error("planned by the test");
    };
    stack.world.on("before", /delete Domain master/, fail);
    expect((await destroy(stack, "--yes")).code).not.toBe(0);
    stack.world.calm();
    expect(await protectedOf(stack)).toHaveLength(1);
    stack.world.on("before", /delete Pool/, fail);
    expect((await destroy(stack, "--yes")).code).not.toBe(0);
    expect(await protectedOf(stack)).toEqual([]);
  });
});

it("the next command protects the data again after a destroy that was killed", async () => {
  await using stack = await TestStack.create({ workers: 0 });
  await stack.up();
  const protectedBefore = await protectedOf(stack);
  expect(protectedBefore.map((urn) => urn.split("::").at(-1))).toEqual(["lab-master-data"]);
  await stack.unprotect();
  expect((await recoveryOf(stack)).log).toEqual(["protected the control plane's data again: lab-master-data"]);
  expect(await protectedOf(stack)).toEqual(protectedBefore);
  expect((await recoveryOf(stack)).log).toEqual([]);
});

it("a cluster without protection is destroyed without a change of its protection", async () => {
  await using stack = await TestStack.create({ workers: 0, masterDataProtected: false });
  await stack.up();
  const asked: string[][] = [];
  const session = stack.session();
  const capture = (args: readonly string[]) => {
    asked.push([...args]);
    return session.capture(args);
  };
  expect(await withoutProtection({ ...session, capture }, () => Promise.resolve("done"))).toBe("done");
  expect(asked.map(([command]) => command)).toEqual(["stack"]);
});
