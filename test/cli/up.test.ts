import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../../cli/stack/session.ts";
import { up } from "../../cli/up.ts";
import { urn } from "../support/urn.ts";
import { clusterOfMachines } from "./machines/cluster-state.ts";
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
  vi.unstubAllEnvs();
  rmSync(fake.folder, { recursive: true });
});

const uri = "test:///default";
const state = {
  pending: [],
  resources: [{ urn: "urn:pulumi:lab::nodeforge::pulumi:providers:libvirt::h", type: "pulumi:providers:libvirt" }],
};

/** A session whose state has one resource, and in which a refresh may be interrupted. */
function session(duringRefresh = () => {}, failing = false): Session {
  const answers: Record<string, string> = {
    "stack export": JSON.stringify({ deployment: { resources: state.resources } }),
    "stack output": JSON.stringify({
      nodes: [{ name: "m", role: "control-plane", address: "" }],
      apiEndpoint: `https://${uri}`,
    }),
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
      return Promise.resolve(failing ? 1 : 0);
    },
  };
}

const exports = () => calls.filter((call) => call === "stack export").length;
const update = "up --stack team/lab --yes";
const isUpdate = (call: string) => call.startsWith(update);

test("up reads the state once, refreshes it, and updates the stack", async () => {
  expect(await up(session(), ["--yes"], { runs: fake.root })).toBe(0);
  expect(exports()).toBe(1);
  const order = calls.filter((call) => /^(stack export|refresh|up)/.test(call));
  expect(order).toEqual(["stack export", "refresh --yes", expect.stringMatching(`^${update} --event-log tcp://unix:`)]);
});

test("up does not read a state that its caller has read", async () => {
  expect(await up(session(), ["--yes"], { state, runs: fake.root })).toBe(0);
  expect([exports(), calls.filter(isUpdate).length]).toEqual([0, 1]);
});

test("up changes nothing after a revert that did not finish", async () => {
  const asked = join(fake.folder, "asked");
  writeFileSync(join(fake.folder, "virsh"), `#!/bin/sh\necho "$*" >>'${asked}'\necho '<revert snapshot="first"/>'\n`, {
    mode: 0o755,
  });
  vi.stubEnv("PATH", `${fake.folder}:${process.env.PATH}`);
  const cluster = clusterOfMachines([{ name: "m", uuid: "of-m" }]);
  await expect(up(session(), ["--yes"], { state: cluster, runs: fake.root })).rejects.toThrow(
    "the last revert to snapshot first did not finish",
  );
  expect(calls).toEqual([]);
  expect(readFileSync(asked, "utf8")).toBe("-q -c qemu:///system metadata of-m --uri urn:nodeforge:revert --config\n");
});

test("up does not refresh from storage that is not mounted", async () => {
  const type = "libvirt:index/volume:Volume";
  const volume = { urn: urn(type, "root"), type, id: "/pools/lab/root", outputs: { name: "root", pool: "lab" } };
  const cluster = clusterOfMachines([{ name: "m", uuid: "of-m" }], "qemu:///system", [volume]);
  // The pool is empty.
  const answers = 'case "$*" in *metadata* | *dumpxml*) exit 1 ;; *"pool-list --name") echo lab ;; esac';
  writeFileSync(join(fake.folder, "virsh"), `#!/bin/sh\n${answers}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${fake.folder}:${process.env.PATH}`);
  await expect(up(session(), ["--yes"], { state: cluster, runs: fake.root })).rejects.toThrow(
    "storage pool lab has none of the stack's 1 volumes in /pools/lab",
  );
  expect(calls).toEqual([]);
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

test.each([
  ["the command asks for it", [], true],
  ["an option of Pulumi needs it", ["--diff"], false],
])("up gets no events of Pulumi and hides nothing where %s", async (_, more, pulumiOutput) => {
  expect(await up(session(), ["--yes", ...more], { state, runs: fake.root, pulumiOutput })).toBe(0);
  expect(calls.filter(isUpdate)).toEqual([[update, ...more].join(" ")]);
});

test("up ends with the nodes and three next commands, and says why the nodes have no state", async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
  await up(session(), ["--yes"], { state, runs: fake.root });
  const [text] = printed as [string];
  expect(text).toContain("the nodes could not be read: the kubeconfig has no address of an API server");
  expect(text).toMatch(/\nkubectl .*\nssh .*\ndestroy .*/);
  expect(printed).toHaveLength(1);
});

test("up prints no table after a failure", async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
  expect(await up(session(undefined, true), ["--yes"], { state, runs: fake.root })).toBe(1);
  expect(printed.filter((text) => String(text).includes("NODE"))).toEqual([]);
});
