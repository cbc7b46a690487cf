import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { preview } from "../../cli/preview.ts";
import type { Session } from "../../cli/session.ts";
import { settingsOf } from "./stack/stack-settings.ts";

let printed: string[];
let said: string[];
beforeEach(() => {
  [printed, said] = [[], []];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A session whose Pulumi knows of so many resources, and cannot reach libvirt. */
function sessionWith(resources: readonly object[], duringRefresh = () => {}): Session {
  return {
    stack: "lab",
    // Whether the last run there was killed, nobody can tell.
    variables: { PULUMI_BACKEND_URL: "https://backend.example" },
    settings: () => settingsOf({}),
    capture: ([command]) => {
      if (command === "stack") return Promise.resolve(JSON.stringify({ deployment: { resources } }));
      duringRefresh();
      return Promise.reject(new Error("pulumi refresh: exit code 255\nlibvirt is away"));
    },
    pulumi: () => {
      process.stdout.write("{}\n");
      return Promise.resolve(3);
    },
  };
}

it("goes on without libvirt, which is said beside what Pulumi prints", async () => {
  const session = sessionWith([{ urn: "a", type: "libvirt:index/domain:Domain" }]);
  expect(await preview(session, ["--json"])).toBe(3);
  expect(printed).toEqual(["{}\n"]);
  expect(said).toEqual(["[nodeforge] the state could not be refreshed from libvirt: libvirt is away\n"]);
});

it("stops after Ctrl-C during its look at libvirt, once Pulumi has ended", async () => {
  const listeners = process.listenerCount("SIGINT");
  const session = sessionWith([{ urn: "a", type: "libvirt:index/domain:Domain" }], () => process.emit("SIGINT"));
  expect(await preview(session, ["--json"])).toBe(130);
  expect([printed, said]).toEqual([[], []]);
  expect(process.listenerCount("SIGINT")).toBe(listeners);
});

it("of a stack without resources asks libvirt nothing", async () => {
  expect(await preview(sessionWith([]), ["--json"])).toBe(3);
  expect([printed, said]).toEqual([["{}\n"], []]);
});
