import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { preview } from "../../cli/preview.ts";
import type { Session } from "../../cli/stack/session.ts";
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

/** A session with these resources in its state, and without libvirt. */
function sessionWith(resources: readonly object[], duringRefresh = () => {}): Session {
  return {
    stack: "lab",
    // This backend does not show whether the last run was killed.
    variables: { PULUMI_BACKEND_URL: "https://backend.example" },
    settings: () => settingsOf({}),
    capture: ([command]) => {
      if (command === "stack") return Promise.resolve(JSON.stringify({ deployment: { resources } }));
      duringRefresh();
      return Promise.reject(new Error("pulumi refresh: exit code 255\nlibvirt is unavailable"));
    },
    pulumi: () => {
      process.stdout.write("{}\n");
      return Promise.resolve(3);
    },
  };
}

it("a preview continues without libvirt, and logs it beside Pulumi's output", async () => {
  const session = sessionWith([{ urn: "a", type: "libvirt:index/domain:Domain" }]);
  expect(await preview(session, ["--json"])).toBe(3);
  expect(printed).toEqual(["{}\n"]);
  expect(said).toEqual(["[nodeforge] the state could not be refreshed from libvirt: libvirt is unavailable\n"]);
});

it("a preview stops after Ctrl-C during its refresh, once Pulumi has ended", async () => {
  const listeners = process.listenerCount("SIGINT");
  const session = sessionWith([{ urn: "a", type: "libvirt:index/domain:Domain" }], () => process.emit("SIGINT"));
  expect(await preview(session, ["--json"])).toBe(130);
  expect([printed, said]).toEqual([[], []]);
  expect(process.listenerCount("SIGINT")).toBe(listeners);
});

it("a preview of a stack without resources does not refresh it", async () => {
  expect(await preview(sessionWith([]), ["--json"])).toBe(3);
  expect([printed, said]).toEqual([["{}\n"], []]);
});
