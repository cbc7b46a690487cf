import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { factsOfPlan, liveFacts } from "../../../cli/plan/live-facts.ts";
import { renderFailure, renderSummary, type Facts } from "../../../cli/plan/summary.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { answering } from "../../support/virsh-answers.ts";
import { documentedComment } from "./documented-comment.ts";
import { recordedPlan } from "./recorded-plan.ts";

const offline = { pods: { why: "the pods are unknown." }, capacity: { why: "The capacity is unknown." }, unknown: [] };
const factsOf = (plan: Parameters<typeof recordedPlan>[0]): Facts => ({
  ...factsOfPlan("lab", recordedPlan(plan), []),
  ...offline,
});
const quiet: Facts = { ...factsOf("stopped"), changes: [], changedResources: 0, diff: "" };

describe("the comment", () => {
  test("begins with the same line for each plan of a stack", () => {
    const lines = ["shrink", "stopped"].map((plan) => renderSummary(factsOf(plan as "shrink")).split("\n")[0]);
    expect(lines).toEqual(Array(2).fill("<!-- nodeforge preview:summary lab -->"));
    expect(renderFailure("lab", "").split("\n")[0]).toBe(lines[0]);
    expect(renderSummary({ ...quiet, stack: "other" }).split("\n")[0]).not.toBe(lines[0]);
  });

  test("lists nodes by their change, with one line for nodes of the same reason", () => {
    const text = renderSummary(factsOf("replace-and-grow"));
    expect(text).toContain("**Nodes: 3 replaced, 1 added.** 27 resources change.");
    expect(text).toContain(
      "#### Replaced\n\n" +
        "- master (control plane): image 6d1c9ac3984a → e78dfa730eec; memory 2048 MiB → 4096 MiB\n" +
        "- worker-node-1, worker-node-2: image 6d1c9ac3984a → e78dfa730eec; vCPUs 2 → 4\n",
    );
    expect(text).toContain("#### Added\n\n- worker-node-3\n");
    expect(text).toContain("- Kubernetes has no API server while the machine of the control plane is replaced.");
    expect(text).not.toContain("#### Removed");
  });

  test("lists the losses, with the pods or why they are unknown", () => {
    const text = renderSummary(factsOf("shrink"));
    expect(text).toContain("- Drained: worker-node-2.\n- Pods: the pods are unknown.\n- Deleted seed disk: ");
    expect(text).not.toContain("API server while");
    const pods = [{ node: "worker-node-2", evicted: 3, unmanaged: ["default/a"], scratch: [], localVolumes: ["pv-1"] }];
    expect(renderSummary({ ...factsOf("shrink"), pods })).toContain(
      "- Evicted from worker-node-2: 3 pods.\n" +
        "  - Without a controller, so nothing creates them again: default/a.\n" +
        "  - PersistentVolumes that only this node has: pv-1.\n",
    );
  });

  test("of a plan without a change says so, and has no diff", () => {
    const text = renderSummary(quiet);
    expect(text).toContain("**Nothing changes.**");
    expect(text).toContain("- No worker is drained.\n- No volume is deleted.");
    expect(text).not.toMatch(/<details>|cannot know/);
  });

  test.each([
    [{ seconds: 200, runs: 3 }, "About 4 min, from the medians of 3 recorded runs. Drains: 1, each of up to"],
    [{ seconds: undefined, runs: 1 }, "The recorded runs do not have the times of these changes."],
    [{ seconds: undefined, runs: 0 }, "No run is recorded, so the time is unknown."],
  ])("of the estimate %j says: %s", (estimate, text) => {
    expect(renderSummary({ ...factsOf("shrink"), estimate })).toContain(text);
  });

  test("names what the plan cannot know", () => {
    const text = renderSummary({ ...quiet, unknown: ["Whether A.", "Whether B."] });
    expect(text.endsWith("#### What this plan cannot know\n\n- Whether A.\n- Whether B.\n")).toBe(true);
  });

  test("shortens a long diff to the size of a comment, and keeps its fence closed", () => {
    const diff = Array.from({ length: 9000 }, (_, index) => `+ create  volume number-${index}`).join("\n");
    const text = renderSummary({ ...quiet, diff });
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/\n# the rest does not fit\n```\n\n<\/details>\n$/);
    expect(renderSummary({ ...quiet, diff: "+ a" })).not.toContain("does not fit");
  });

  test("keeps a fence in the diff, names and messages from becoming markup", () => {
    const changes = [{ node: "<b>x</b>", role: "worker", change: "added", reasons: [] }] as const;
    const text = renderSummary({ ...quiet, changes, diff: "+ ```\n+ </details>" });
    expect(text).toContain("````diff\n+ ```\n+ </details>\n````");
    expect(text).toContain("- \\<b\\>x\\</b\\>");
  });

  test("of a plan that failed has the last lines of the output, and no secret", () => {
    const output = [...Array.from({ length: 60 }, (_, index) => `line ${index}`), "password: hunter2hunter2"].join(
      "\n",
    );
    const text = renderFailure("lab", output);
    expect(text).toContain("### The plan for the cluster of stack lab failed");
    expect(text).toContain("line 59\n");
    expect(text).not.toMatch(/line 20\n|hunter2/);
  });
});

describe("the diff of a plan of the engine", () => {
  const { diff } = factsOf("replace-and-grow");

  test("has each changed property, and no component", () => {
    expect(diff).toContain("! replace machine lab-master\n");
    expect(diff).toContain("    memory: 2048 → 4096\n");
    expect(diff).toContain("+ create  machine lab-worker-node-3\n");
    expect(diff).toContain("- delete  volume lab-base-6d1c9ac3984a");
    expect(diff).not.toContain("nodeforge:index");
  });

  test("has words in place of secrets and of values that are known later", () => {
    expect(diff).toContain("connection: [secret] → (known later)");
    expect(diff).not.toMatch(/4dabf18193072939515e22adb298388d|04da6b54-80e4-46f7-96ec-b56ff0331ba9/);
  });
});

describe("the facts of a living cluster", () => {
  const noKubectl = () => Promise.reject(new Error("refused"));

  test("have the answers of the hypervisor and of the API server", async () => {
    const { virsh } = answering({ nodeinfo: "CPU(s): 8\nMemory size: 1048576 KiB\n" });
    const asked: string[] = [];
    const kubectl = (...args: readonly string[]) => {
      asked.push(args.slice(0, 2).join(" "));
      return Promise.resolve('{"items":[]}');
    };
    const facts = await liveFacts("lab", recordedPlan("shrink"), { virsh, kubectl, runs: [], notes: ["A note."] });
    expect(facts.capacity).toEqual({ memoryMiB: 1024, processors: 8 });
    expect(facts.pods).toMatchObject([{ node: "worker-node-2", evicted: 0 }]);
    expect([asked, facts.unknown, facts.drainMinutes]).toEqual([["get pods", "get pv"], ["A note."], 10]);
  });

  test("say why something is unknown, and ask for no pods where nothing is drained", async () => {
    const { virsh } = answering({});
    const sources = { virsh, kubectl: noKubectl, runs: [], notes: [] };
    expect(await liveFacts("lab", recordedPlan("shrink"), sources)).toMatchObject({
      capacity: { why: expect.stringContaining("hypervisor does not answer") as string },
      pods: { why: expect.stringContaining("API server does not answer") as string },
    });
    expect((await liveFacts("lab", recordedPlan("stopped"), sources)).pods).toEqual([]);
  });
});

test("the comment in docs/continuous-integration.md is the one of a plan of the engine", () => {
  const page = readFileSync(inCheckout("docs/continuous-integration.md"), "utf8");
  const [comment = "", diff = ""] = documentedComment().split("```diff\n");
  expect(page).toContain(`\n\`\`\`\`text\n${comment}`);
  // The page has the beginning of one machine only.
  const [, part = ""] = /```diff\n(.*?)\.\.\.\n```/s.exec(page) ?? [];
  expect(part.split("\n").length).toBeGreaterThan(5);
  expect(diff).toContain(part);
});
