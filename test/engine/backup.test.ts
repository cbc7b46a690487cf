import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { up as runUp } from "../../cli/up.ts";
import { TestStack } from "./stack.ts";

const runs = mkdtempSync(join(tmpdir(), "nodeforge-backup-"));
afterAll(() => rmSync(runs, { recursive: true }));

/** Changes settings and runs `npm run up`. Returns the backups with the operations before each, and all operations. */
async function up(stack: TestStack, settings: Parameters<TestStack["up"]>[0] = {}, ...args: string[]) {
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(() => true),
    vi.spyOn(process.stderr, "write").mockImplementation(() => true),
    vi.spyOn(console, "log").mockImplementation(() => undefined),
  ];
  // Commands that run virsh beside Pulumi must run the stack's own.
  vi.stubEnv("PATH", stack.session().variables.PATH ?? "");
  const printed: string[] = [];
  const backups: (readonly [loss: string, before: readonly string[]])[] = [];
  stack.world.takeCalls();
  try {
    const code = await runUp(stack.operating(settings, printed), ["--non-interactive", "--yes", ...args], {
      runs,
      backUp: async (loss) => {
        // The engine would have time for its first operations.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        backups.push([loss, [...stack.world.takeCalls().list]]);
      },
    });
    return { code, backups, calls: stack.world.takeCalls(), printed: printed.join("\n") };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

describe("up", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.create({ workers: 1 });
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it("takes no backup at the first run", async () => {
    const { code, backups, calls, printed } = await up(stack);
    expect([code, backups], printed).toEqual([0, []]);
    expect(calls.of("create")).toContain("Domain master");
  });

  it("takes no backup before it replaces a worker", async () => {
    const { code, backups, calls, printed } = await up(stack, { workerMemoryMiB: 4096 });
    expect([code, backups], printed).toEqual([0, []]);
    expect(calls.of("delete")).toContain("Domain worker-node-1");
    expect(calls.of("delete")).not.toContain("Domain master");
  });

  it("takes one backup before the first operation of an update that replaces the control plane", async () => {
    const { code, backups, calls, printed } = await up(stack, { masterMemoryMiB: 4096 });
    expect([code, backups], printed).toEqual([0, [["machine", []]]]);
    expect(calls.of("delete")).toContain("Domain master");
  });

  it("takes it also without a plan of its own", async () => {
    const { code, backups, calls, printed } = await up(stack, { masterMemoryMiB: 3072 }, "--skip-preview");
    expect([code, backups], printed).toEqual([0, [["machine", []]]]);
    expect(calls.of("delete")).toContain("Domain master");
    expect(await stack.drift()).toEqual([]);
  });
});
