import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";
import { liveComment } from "../../../cli/plan/live-comment.ts";
import type { Session } from "../../../cli/stack/session.ts";
import { answering } from "../../support/virsh-answers.ts";
import { test } from "../../support/folder.ts";
import { send } from "../engine-events/send.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { recordedPlan } from "./recorded-plan.ts";

const timings = { "worker-node-1": { boot: 40, token: 5, join: 10, ready: 5 }, master: { boot: 60 } };
const nodes = [
  { name: "master", role: "control-plane", address: "192.168.222.10", image: "ab" },
  { name: "worker-node-1", role: "worker", address: "192.168.222.11", image: "ab" },
];

/** A session with these outputs, whose refresh fails. */
function sessionWith(pulumi: Session["pulumi"], outputs: object): Session {
  return {
    stack: "lab",
    variables: { PULUMI_BACKEND_URL: "https://backend.example" },
    settings: () => settingsOf({}),
    pulumi,
    capture: ([command, word]) => {
      const resources = [{ urn: "a", type: "libvirt:index/domain:Domain" }];
      if (word === "export") return Promise.resolve(JSON.stringify({ deployment: { resources } }));
      if (word === "output") return Promise.resolve(JSON.stringify(outputs));
      return Promise.reject(new Error(`pulumi ${command}: exit code 255\nlibvirt is unavailable`));
    },
  };
}

/** Describes a plan that `pulumi` makes. */
async function describePlan(runs: string, pulumi: Session["pulumi"], outputs: object = {}) {
  const said: string[] = [];
  const comment = await liveComment(sessionWith(pulumi, outputs), {
    virsh: answering({}).virsh,
    kubectl: () => Promise.resolve('{"items":[]}'),
    args: ["--config-file", "/settings.yaml"],
    runs,
    log: (line) => void said.push(line),
  });
  return { ...comment, said };
}

/** Options of Pulumi that send its events. */
const eventOptions = (args: readonly string[]) => args.slice(args.indexOf("--event-log"));

test("a plan is described with the times of the state, and with what could not be read", async ({ folder }) => {
  const calls: Parameters<Session["pulumi"]>[] = [];
  const { text, code, said } = await describePlan(
    folder,
    async (...call) => {
      calls.push(call);
      await send(eventOptions(call[0]), ...recordedPlan("replace-and-grow").trimEnd().split("\n"));
      return 0;
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
  const [[args, onOutput, environment] = [[]], ...others] = calls;
  expect(others).toEqual([]);
  expect(args.slice(0, 3)).toEqual(["preview", "--stack", "lab"]);
  expect(args.slice(-2)).toEqual(["--config-file", "/settings.yaml"]);
  // The standard output is for the comment.
  expect(onOutput?.hides?.()).toBe(true);
  expect(environment).toEqual({ PULUMI_DEBUG_COMMANDS: "true" });
  const [, address = ""] = eventOptions(args);
  expect(address).toMatch(/^tcp:\/\/unix:\/\/\//);
  expect(existsSync(dirname(address.replace("tcp://unix://", "")))).toBe(false);
});

test("a plan that fails is described by the end of its output, and its exit code is kept", async ({ folder }) => {
  const { text, code } = await describePlan(folder, (_, onOutput) => {
    onOutput?.("pulumi: \x1b[31merror\x1b[0m\r\n");
    onOutput?.("workers: expected\r\n");
    return Promise.resolve(255);
  });
  expect(code).toBe(255);
  expect(text).toContain("### The plan for the cluster of stack lab failed");
  expect(text).toContain("\npulumi: error\nworkers: expected\n");
  expect(text).not.toContain("#### Capacity");
});

test("a plan whose events did not arrive is refused", async ({ folder }) => {
  await expect(describePlan(folder, () => Promise.resolve(0))).rejects.toThrow(
    "the engine's log of the plan has no end",
  );
});
