import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../../cli/stack/session.ts";
import { up } from "../../cli/up.ts";
import { fakeSession } from "./runs/fake-session.ts";

let fake: ReturnType<typeof fakeSession>;
/** Calls of Pulumi in their order: two words each, `stack export` among them. */
let calls: string[];
beforeEach(() => {
  fake = fakeSession();
  calls = [];
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(fake.folder, { recursive: true });
});

const uri = "test:///default";
const state = {
  pending: [],
  resources: [{ urn: "urn:pulumi:lab::nodeforge::pulumi:providers:libvirt::h", type: "pulumi:providers:libvirt" }],
};

/** A session whose state has one resource, and in which a refresh may be interrupted. */
function session(duringRefresh = () => {}): Session {
  const answers: Record<string, string> = {
    "stack export": JSON.stringify({ deployment: { resources: state.resources } }),
    "stack output": JSON.stringify({ nodes: [], apiEndpoint: `https://${uri}` }),
  };
  return {
    ...fake.session,
    capture: (args) => {
      const words = args.slice(0, 2).join(" ");
      calls.push(words);
      if (args[0] === "refresh") duringRefresh();
      return Promise.resolve(answers[words] ?? "{}");
    },
    pulumi: (args) => {
      calls.push(args.join(" "));
      return Promise.resolve(0);
    },
  };
}

const exports = () => calls.filter((call) => call === "stack export").length;
const update = "up --stack team/lab --yes";

test("up reads the state once, refreshes it, and updates the stack", async () => {
  expect(await up(session(), ["--yes"], { runs: fake.root })).toBe(0);
  expect(exports()).toBe(1);
  expect(calls.filter((call) => /^(stack export|refresh|up)/.test(call))).toEqual([
    "stack export",
    "refresh --yes",
    update,
  ]);
});

test("up does not read a state that its caller has read", async () => {
  expect(await up(session(), ["--yes"], { state, runs: fake.root })).toBe(0);
  expect([exports(), calls.includes(update)]).toEqual([0, true]);
});

test("up ends after Ctrl-C during the refresh, before it updates the stack", async () => {
  expect(
    await up(
      session(() => process.emit("SIGINT")),
      ["--yes"],
      { state, runs: fake.root },
    ),
  ).toBe(130);
  expect(calls).toEqual(["refresh --yes"]);
});
