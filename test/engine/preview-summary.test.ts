import { beforeEach, describe, expect, it } from "vitest";
import { liveComment } from "../../cli/plan/live-comment.ts";
import { factsOfPlan } from "../../cli/plan/live-facts.ts";
import { describeReason } from "../../cli/plan/node-change.ts";
import { renderSummary } from "../../cli/plan/summary.ts";
import { answering } from "../support/virsh-answers.ts";
import { keyBody, writeImage } from "./material.ts";
import { shareStack } from "./shared-stack.ts";
import type { Settings, TestStack } from "./stack.ts";

describe("the comment about a plan", () => {
  let stack: TestStack;
  shareStack(async (created) => {
    stack = created;
    const up = await stack.up({ workers: 2 });
    expect(up.succeeded, up.text).toBe(true);
  });
  let image: string;
  beforeEach(async () => {
    image = await writeImage(stack.folder, "second.qcow2", "second");
  });

  /** Plans a change, and returns its nodes, one a line, and its comment. */
  async function plan(settings: Settings, ...args: readonly string[]) {
    const { succeeded, text, events } = await stack.preview(settings, ...args);
    expect(succeeded, text).toBe(true);
    const facts = factsOfPlan("lab", events, []);
    const why = "this test does not ask.";
    const comment = renderSummary({ ...facts, pods: { why }, capacity: { why }, unknown: [] });
    const nodes = facts.changes.map(({ node, change, reasons }) =>
      [`${node} ${change}`, ...reasons.map(describeReason)].join(" | ").replaceAll(/[0-9a-f]{12}/g, "DIGEST"),
    );
    return { nodes, facts, comment };
  }

  it("names a new worker, a removed worker, and no change", async () => {
    expect((await plan({ workers: 3 })).nodes).toEqual(["worker-node-3 added"]);
    const { nodes, facts, comment } = await plan({ workers: 1 });
    expect([nodes, facts.losses.drained]).toEqual([["worker-node-2 removed"], ["worker-node-2"]]);
    expect(comment).toContain("- Drained: worker-node-2.");
    const nothing = await plan({ workers: 2 });
    expect([nothing.nodes, nothing.facts.changedResources]).toEqual([[], 0]);
    expect(nothing.comment).toContain("**Nothing changes.**");
  });

  it("names the memory and the image as reasons of a replacement", async () => {
    expect((await plan({ workerMemoryMiB: 4096 })).nodes).toEqual(
      [1, 2].map((number) => `worker-node-${number} replaced | memory 2048 MiB → 4096 MiB`),
    );
    stack.settings = { workers: 2 };
    const rollout = await plan({ image });
    expect(rollout.nodes).toEqual(
      ["master", "worker-node-1", "worker-node-2"].map((name) => `${name} replaced | image DIGEST → DIGEST`),
    );
    expect(rollout.facts.drainMinutes).toBeGreaterThan(0);
    expect(rollout.comment).not.toContain(keyBody);
  });

  it("names a machine that is off, and a step that runs again", async () => {
    const worker = stack.world.ofKind("Domain").find(({ taken }) => taken === "lab-worker-node-1")!;
    worker.properties = { ...worker.properties, running: false };
    expect((await plan({}, "--refresh")).nodes).toEqual(["worker-node-1 booted | its machine is off"]);
    worker.properties = { ...worker.properties, running: true };
    expect((await plan({ controlPlaneArguments: { apiServer: { v: 2 } } })).nodes).toEqual([
      "master updated | the configuration of the control plane",
    ]);
  });

  it("is made from the events that Pulumi sends, and from its output where the plan fails", async () => {
    const describePlan = (settings: Settings) =>
      liveComment(stack.operating(settings), {
        virsh: answering({}).virsh,
        kubectl: () => Promise.reject(new Error("refused")),
        runs: stack.folder,
        log: () => undefined,
      });
    const { code, text } = await describePlan({ workers: 3 });
    expect([code, text]).toEqual([0, expect.stringContaining("**Nodes: 1 added.**")]);
    expect(text).not.toContain(keyBody);
    const failed = await describePlan({ workers: "many" });
    expect(failed.code).toBeGreaterThan(0);
    expect(failed.text).toMatch(/### The plan .* failed[^]*workers[^]*many/);
  });
});
