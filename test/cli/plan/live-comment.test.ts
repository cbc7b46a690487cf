import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { liveComment, type LiveOptions } from "../../../cli/plan/live-comment.ts";
import type { Session } from "../../../cli/stack/session.ts";
import { answering } from "../../support/virsh-answers.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { recordedPlan } from "./recorded-plan.ts";

const timings = { "worker-node-1": { boot: 40, token: 5, join: 10, ready: 5 }, master: { boot: 60 } };
const nodes = [
  { name: "master", role: "control-plane", address: "192.168.222.10", image: "ab" },
  { name: "worker-node-1", role: "worker", address: "192.168.222.11", image: "ab" },
];

/** A session whose refresh fails, with these outputs. */
function sessionWith(outputs: object): Session {
  return {
    stack: "lab",
    variables: { PULUMI_BACKEND_URL: "https://backend.example" },
    settings: () => settingsOf({}),
    pulumi: () => Promise.reject(new Error("the output of this call would reach the terminal")),
    capture: ([command, word]) => {
      const resources = [{ urn: "a", type: "libvirt:index/domain:Domain" }];
      if (word === "export") return Promise.resolve(JSON.stringify({ deployment: { resources } }));
      if (word === "output") return Promise.resolve(JSON.stringify(outputs));
      return Promise.reject(new Error(`pulumi ${command}: exit code 255\nlibvirt is unavailable`));
    },
  };
}

/** Describes a plan that `pulumi` makes. */
async function describePlan(pulumi: LiveOptions["pulumi"], outputs: object = {}) {
  const runs = mkdtempSync(join(tmpdir(), "nodeforge-runs-"));
  onTestFinished(() => rmSync(runs, { recursive: true }));
  const said: string[] = [];
  const comment = await liveComment(sessionWith(outputs), {
    virsh: answering({}).virsh,
    kubectl: () => Promise.resolve('{"items":[]}'),
    pulumi,
    args: ["--config-file", "/settings.yaml"],
    runs,
    log: (line) => void said.push(line),
  });
  return { ...comment, said };
}

test("a plan is described with the times of the state, and with what could not be read", async () => {
  const calls: (readonly string[])[] = [];
  const { text, code, said } = await describePlan(
    (args) => {
      calls.push(args);
      writeFileSync(args[args.indexOf("--event-log") + 1] ?? "", recordedPlan("replace-and-grow"));
      return Promise.resolve();
    },
    { nodes, timings },
  );
  expect(code).toBe(0);
  expect(text).toContain("**Nodes: 3 replaced, 1 added.**");
  // The control plane takes 60 s, and two workers 60 s each, one after the other.
  expect(text).toContain("About 3 min, from the medians of 1 recorded run.");
  expect(text).toContain("- Evicted from worker-node-1: 0 pods.");
  expect(text).toContain("The hypervisor does not answer, so its free capacity is unknown.");
  expect(said).toEqual(["the state could not be refreshed from libvirt: libvirt is unavailable"]);
  expect(text).toContain("- The state could not be refreshed from libvirt: libvirt is unavailable.");
  const [args = [], ...others] = calls;
  expect(others).toEqual([]);
  expect(args.slice(0, 3)).toEqual(["preview", "--stack", "lab"]);
  expect(args.slice(-2)).toEqual(["--config-file", "/settings.yaml"]);
  // The log of events has addresses and settings, so it does not stay.
  expect(existsSync(dirname(args[args.indexOf("--event-log") + 1] ?? ""))).toBe(false);
});

test("a plan that fails is described by the end of its output, and its exit code is kept", async () => {
  const { text, code } = await describePlan(() =>
    Promise.reject(new Error("pulumi: exit code 255\nworkers: expected")),
  );
  expect(code).toBe(1);
  expect(text).toContain("### The plan for the cluster of stack lab failed");
  expect(text).toContain("\nworkers: expected\n");
  expect(text).not.toContain("#### Capacity");
});
