import { describe, expect, it } from "vitest";
import { concernsCluster } from "../../cli/diagnose/after-failure.ts";
import { readFailures } from "../../cli/diagnose/failures.ts";
import { clusterStateOf } from "../../cli/diagnose/state.ts";
import { parseState } from "../../cli/stack/state.ts";
import { worker } from "./names.ts";
import { shareStack } from "./shared-stack.ts";
import { TestStack } from "./stack.ts";

/** Fails an operation with a message that the tests recognize. */
function fail(): never {
  throw new Error("planned by the test");
}

describe("a first up that fails", () => {
  it("is completed by the next one when a join failed", async () => {
    await using stack = await TestStack.create();
    // A failure before the other join has begun would cancel that join, too, and leave two unused tokens.
    const { promise: otherJoin, resolve: begin } = Promise.withResolvers<void>();
    stack.world.on("before", /create Command worker-node-1-join/, () => begin());
    stack.world.on("before", /create Command worker-node-2-join/, () => otherJoin.then(fail));
    const first = await stack.up();
    expect(first.succeeded).toBe(false);
    expect(first.text).toContain("planned by the test");
    // The other worker may have become Ready meanwhile.
    expect(first.calls.list.filter((operation) => /Command ready|addons/.test(operation))).toEqual([]);
    // A diagnosis reads the output of the run, or only the state where the output was not kept.
    const state = clusterStateOf(parseState(await stack.exportText()));
    const failure = { node: "worker-node-2", step: "join" };
    expect(readFailures(first.text, state)).toMatchObject([{ ...failure, resource: "lab-worker-node-2-join" }]);
    // The state alone also names the join that the first failure cancelled.
    expect(readFailures("", state)).toContainEqual(expect.objectContaining(failure));

    stack.world.calm();
    const second = await stack.up();
    expect(second.succeeded, second.text).toBe(true);
    expect(second.calls.of("create")).toContain("Command worker-node-2-join");
    expect(second.calls.list.filter((operation) => /Domain|Volume|master/.test(operation))).toEqual([]);
    // The first token may have expired, and a token is good for one certificate only.
    expect(second.calls.list.filter((operation) => operation.includes("-token")).sort()).toEqual([
      "create Command worker-node-2-token",
      "delete Command worker-node-2-token",
    ]);
    expect(second.calls.disorder(/delete .*-token/, /create .*-token/, /create .*-join/)).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });

  it("is distinguished by the history from an up that was refused before it changed anything", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    const capture = async (args: readonly string[]) => (await stack.cli.run(args, stack.folder)).stdout;
    const concerns = (began: number) => concernsCluster({ stack: "lab", capture }, "", began);
    const began = Math.floor(Date.now() / 1000) * 1000;
    await stack.preview({ workers: -1 });
    expect(await concerns(began)).toBe(false);
    stack.world.on("before", /create Domain/, fail);
    await stack.up({ workers: 0 });
    expect(await concerns(began)).toBe(true);
    expect(await concerns(Date.now() + 60_000)).toBe(false);
  });

  it("names the machine that did not boot, and its objects can be destroyed", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    stack.world.on("before", /create Domain worker-node-1/, fail);
    const first = await stack.up();
    expect(first.succeeded).toBe(false);
    expect(first.text).toMatch(/lab-worker-node-1 .*planned by the test/);
    const state = clusterStateOf(parseState(await stack.exportText()));
    expect(state.nodes.map(({ name }) => name)).toEqual(["master", "worker-node-1"]);
    expect(readFailures(first.text, state)).toMatchObject([{ node: "worker-node-1", step: "machine" }]);
    // Without the log, the control plane's machine looks the same, although its creation may not have begun.
    expect(readFailures("", state)).toContainEqual(expect.objectContaining({ node: "worker-node-1", step: "machine" }));
    expect((await stack.destroy()).succeeded).toBe(true);
    expect([...stack.world.things]).toEqual([]);
  });
});

describe("a cluster of one control plane and two workers", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    await stack.up();
  });

  it("keeps the machine of a worker that could not be drained", async () => {
    stack.world.on("before", /delete Command worker-node-2-token/, fail);
    const first = await stack.up({ workers: 1 });
    expect(first.succeeded).toBe(false);
    expect(first.calls.list.filter((operation) => /delete (Domain|Volume)/.test(operation))).toEqual([]);
    expect(await stack.drift()).toEqual([]);

    stack.world.calm();
    const second = await stack.up();
    expect(second.succeeded, second.text).toBe(true);
    expect(second.calls.of("delete")).toEqual(
      worker(2)
        .filter((resource) => !/join|-ready/.test(resource))
        .sort(),
    );
    expect(await stack.drift()).toEqual([]);
  });

  it("becomes ready in the next up when it was not ready in time", async () => {
    // The add-on is updated beside the step, so it fails as well. Otherwise the first up might have updated it.
    stack.world.on("before", /update (Command ready|ConfigMap addons-smoke)/, fail);
    expect((await stack.up({ workers: 3 })).succeeded).toBe(false);
    stack.world.calm();
    const { succeeded, calls } = await stack.up();
    expect(succeeded).toBe(true);
    expect([...calls.list].sort()).toEqual(["update Command ready", "update ConfigMap addons-smoke"]);
  });
});
