import { describe, expect, it } from "vitest";
import { NodeProgress, type Change } from "../../../cli/progress/node-progress.ts";
import type { EngineEvent } from "../../../cli/engine-events/engine-event.ts";
import { cluster, component, event, message, ofWorker, step, workerStep } from "./events.ts";

/** Folds events that are one second apart. */
function fold(...events: readonly EngineEvent[]) {
  const progress = new NodeProgress();
  const changes: Change[] = [];
  events.forEach((each, index) => changes.push(...progress.take(each, index * 1000)));
  return { progress, changes };
}

/** Both events of a step. */
const done = (of: Parameters<typeof event>[1]) => [event("begun", of), event("ended", of)];

const started = [event("begun", cluster), event("begun", workerStep("create", 1))];

describe("a node that is created", () => {
  const join = ofWorker("create", "remote", 1, "-join");

  it("goes through its phases, and each takes the time between its events", () => {
    const { progress, changes } = fold(
      ...started,
      event("begun", ofWorker("create", "volume", 1, "-root")),
      event("begun", ofWorker("create", "volume", 1, "-seed-0123456789ab")),
      event("ended", ofWorker("create", "volume", 1, "-root")),
      event("ended", ofWorker("create", "volume", 1, "-seed-0123456789ab")),
      ...done(ofWorker("create", "domain", 1, "")),
      ...done(ofWorker("create", "local", 1, "-host-key")),
      ...done(ofWorker("create", "remote", 1, "-token")),
      event("begun", join),
      message(join, "[   0s] waiting for cloud-init"),
      message(join, "[   3s] joining"),
      event("ended", join),
      ...done(ofWorker("create", "remote", 1, "-ready")),
    );
    expect(progress.nodes).toEqual([
      {
        name: "worker-node-1",
        isControlPlane: false,
        status: "complete",
        phase: "Ready",
        since: 16_000,
        begun: 2_000,
        ended: 17_000,
        message: "",
      },
    ]);
    expect(progress.longest).toEqual([
      ["volume", 3_000],
      ["boot", 1_000],
      ["address", 1_000],
      ["cloud-init", 2_000],
      ["token", 1_000],
      ["join", 1_000],
      ["Ready", 1_000],
    ]);
    const begun = changes.flatMap((change) => (change.is === "node" && change.node.status === "works" ? [change] : []));
    expect([...new Set(begun.map(({ node }) => node.phase))]).toEqual([
      "volume",
      "boot",
      "address",
      "token",
      "cloud-init",
      "join",
      "Ready",
    ]);
  });

  it("waits while none of its steps runs, and shows the last line of the running one", () => {
    expect(fold(...started).progress.nodes[0]).toMatchObject({ status: "waits", phase: "", begun: undefined });
    const { progress } = fold(...started, ...done(ofWorker("create", "domain", 1, "")));
    expect(progress.nodes[0]).toMatchObject({ status: "waits", phase: "boot", since: 3_000 });
    const joining = fold(...started, event("begun", join), message(join, "one\ntwo\n"));
    expect(joining.progress.nodes[0]).toMatchObject({ status: "works", phase: "join", message: "two" });
  });

  it("stays failed, whatever its other steps do", () => {
    const other = ofWorker("create", "volume", 1, "-seed-0123456789ab");
    const { progress } = fold(
      ...started,
      event("begun", other),
      event("begun", join),
      event("failed", join),
      event("ended", other),
    );
    expect(progress.nodes[0]).toMatchObject({ status: "failed", phase: "cloud-init", ended: 4_000 });
  });
});

describe("a node that exists", () => {
  const same = [event("begun", cluster), event("begun", workerStep("same", 1))];

  it("is unchanged while its steps are the same", () => {
    const { progress, changes } = fold(...same, ...done(ofWorker("same", "remote", 1, "-ready")));
    expect(progress.nodes[0]).toMatchObject({ status: "unchanged", begun: undefined });
    expect([changes, progress.longest]).toEqual([[], []]);
  });

  it("is complete after a change of one step, although the last step is the same", () => {
    const { progress } = fold(
      ...same,
      ...done(ofWorker("update", "local", 1, "-host-key")),
      ...done(ofWorker("same", "remote", 1, "-ready")),
    );
    expect(progress.nodes[0]).toMatchObject({ status: "complete", ended: 5_000 });
  });

  it("is drained and removed, and the lines of the drain are messages", () => {
    const token = ofWorker("delete", "remote", 1, "-token");
    const { progress, changes } = fold(
      ...same,
      ...done(ofWorker("delete", "remote", 1, "-join")),
      event("begun", token),
      message(token, "pod/one evicted\npod/two evicted"),
      event("ended", token),
      ...done(ofWorker("delete", "domain", 1, "")),
      ...done(workerStep("delete", 1)),
    );
    expect(progress.nodes[0]?.status).toBe("removed");
    expect(progress.longest.map(([phase]) => phase)).toEqual(["drain", "delete"]);
    expect(changes.filter(({ is }) => is === "message")).toEqual([
      { is: "message", from: "worker-node-1", text: "pod/one evicted" },
      { is: "message", from: "worker-node-1", text: "pod/two evicted" },
    ]);
  });

  it("stays complete while a disk that it no longer uses is deleted", () => {
    const { progress, changes } = fold(
      ...started,
      ...done(ofWorker("create", "remote", 1, "-ready")),
      event("begun", ofWorker("delete-replaced", "volume", 1, "-seed-0123456789ab")),
    );
    expect([progress.nodes[0]?.status, progress.parts]).toEqual(["complete", [{ name: "clean-up", since: 4_000 }]]);
    expect(changes.at(-1)).toEqual({ is: "part", name: "clean-up", state: "begun", seconds: 0 });
  });
});

describe("a part of the cluster", () => {
  const gate = step("create", "remote", "lab-ready", component("readiness", "lab-ready"));

  it("is at work from its first step to its last, and its lines are messages", () => {
    const [one, two] = [step("create", "deployment", "one"), step("create", "deployment", "two")];
    const { progress, changes } = fold(
      event("begun", gate),
      message(gate, "3 nodes are Ready"),
      event("begun", one),
      event("begun", two),
      event("ended", one),
      event("ended", gate),
      event("ended", two),
    );
    expect(progress.parts).toEqual([]);
    expect(changes).toEqual([
      { is: "part", name: "all nodes Ready", state: "begun", seconds: 0 },
      { is: "message", from: "lab-ready", text: "3 nodes are Ready" },
      { is: "part", name: "add-ons", state: "begun", seconds: 0 },
      { is: "part", name: "all nodes Ready", state: "ended", seconds: 5 },
      { is: "part", name: "add-ons", state: "ended", seconds: 4 },
    ]);
  });

  it("is another one for objects without pods, which are created beside the joins", () => {
    const { changes } = fold(event("begun", step("create", "service", "one")));
    expect(changes).toEqual([{ is: "part", name: "add-on objects", state: "begun", seconds: 0 }]);
  });

  it("has a warning whose text stays whole, and nothing else of a resource without work", () => {
    const { changes } = fold(message(gate, "warning: a\nb", "warning"), message(gate, "idle"));
    expect(changes).toEqual([{ is: "warning", from: "lab-ready", text: "warning: a\nb" }]);
  });
});
