import { describe, expect, test } from "vitest";
import { changeReport } from "../../../cli/machines/report.ts";
import { startMachines } from "../../../cli/machines/start.ts";
import { stopMachines } from "../../../cli/machines/stop.ts";
import { clusterOfMachines } from "./cluster-state.ts";
import { FakeHypervisor, machines, off, running, type FakeMachine } from "./fake-hypervisor.ts";

const started = (more: Readonly<Record<string, FakeMachine>> = {}) =>
  new FakeHypervisor({ m: running(), w1: running(), w2: running(), foreign: running(), ...more });
const stop = (hypervisor: FakeHypervisor, options = {}) =>
  stopMachines(machines, { ...hypervisor.options, interval: 1, ...options });
const words = (changes: readonly { readonly before: string; readonly after: string }[]) =>
  changes.map(({ before, after }) => `${before} ${after}`);

describe("stop", () => {
  test("saves the workers, then the control plane, and no other machine", async () => {
    const hypervisor = started();
    expect(words(await stop(hypervisor))).toEqual(["running saved", "running saved", "running saved"]);
    expect(hypervisor.done.slice(0, 2).sort()).toEqual(["managedsave w1 --running", "managedsave w2 --running"]);
    expect(hypervisor.done.slice(2)).toEqual(["managedsave m --running"]);
  });

  test("changes nothing the second time", async () => {
    const hypervisor = started();
    await stop(hypervisor);
    hypervisor.done.length = 0;
    expect(words(await stop(hypervisor))).toEqual(["saved saved", "saved saved", "saved saved"]);
    expect(hypervisor.done).toEqual([]);
  });

  test("shuts the guests down, and resumes a paused one first", async () => {
    const hypervisor = started({ w2: { ...running(), state: "paused", reason: "user" } });
    expect(words(await stop(hypervisor, { shutdown: true }))).toEqual(["running off", "running off", "paused off"]);
    expect(hypervisor.done.filter((line) => line.endsWith("w2"))).toEqual(["resume w2", "shutdown w2"]);
    expect(hypervisor.said).toContain("waiting for w1 to shut down (at most 180 s)");
  });

  test("names a worker that ignores the shutdown, and leaves the control plane on", async () => {
    const hypervisor = started({ w1: running({ isDeaf: true }) });
    await expect(stop(hypervisor, { shutdown: true, timeoutSeconds: 0.02 })).rejects.toThrow(
      "w1 is running after 0.02 s, expected it to shut down. Fix: run this again with a longer --timeout, or cut its power: " +
        "virsh destroy lab-w1",
    );
    expect(hypervisor.machines.m?.state).toBe("running");
    expect(hypervisor.machines.w2?.state).toBe("shut off");
  });

  test("turns a crashed machine off, wakes a sleeping one, and reports a missing one", async () => {
    const hypervisor = started({
      m: { ...running(), state: "crashed" },
      w1: { ...running(), state: "pmsuspended" },
    });
    delete hypervisor.machines.w2;
    expect(words(await stop(hypervisor))).toEqual(["crashed off", "pmsuspended saved", "missing missing"]);
    expect(hypervisor.done).toEqual(["dompmwakeup w1", "managedsave w1 --running", "destroy m"]);
  });
});

describe("start", () => {
  const start = (hypervisor: FakeHypervisor, options = {}) => {
    const state = clusterOfMachines(machines.map(({ name, uuid }) => ({ name, uuid })));
    const polling = { interval: 1, timeout: 100 };
    return startMachines(state, machines, { ...hypervisor.options, polling, ...options });
  };

  test("starts the control plane, waits for it, and then starts the workers", async () => {
    const hypervisor = started({ m: off(), w1: off("saved"), w2: off(), foreign: off() });
    const before: string[] = [];
    const whenControlPlaneRuns = () => {
      before.push(...hypervisor.done);
      return Promise.resolve();
    };
    const changes = await start(hypervisor, { whenControlPlaneRuns });
    expect(words(changes)).toEqual(["off running", "saved running", "off running"]);
    expect(before).toEqual(["start m"]);
    expect(hypervisor.done).toEqual(["start m", "start w1", "start w2"]);
  });

  test("changes nothing after a revert that did not finish", async () => {
    const hypervisor = started({
      m: { ...running({ mark: '<revert snapshot="first"/>' }), state: "paused" },
      w1: off(),
    });
    await expect(start(hypervisor)).rejects.toThrow("the last revert to snapshot first did not finish");
    expect(hypervisor.done).toEqual([]);
  });

  test("starts no worker when the API server does not answer", async () => {
    const hypervisor = started({ m: off(), w1: off(), w2: off() });
    const whenControlPlaneRuns = () => Promise.reject(new Error("no API"));
    await expect(start(hypervisor, { whenControlPlaneRuns })).rejects.toThrow("no API");
    expect(hypervisor.done).toEqual(["start m"]);
  });

  test("resumes a paused machine, and changes no running one", async () => {
    const hypervisor = started({ w1: { ...running(), state: "paused", reason: "user" } });
    expect(words(await start(hypervisor))).toEqual(["running running", "paused running", "running running"]);
    expect(hypervisor.done).toEqual(["resume w1"]);
  });

  test("names a machine that libvirt does not have", async () => {
    const hypervisor = started();
    delete hypervisor.machines.w2;
    await expect(start(hypervisor)).rejects.toThrow(
      "libvirt has no machine of w2, expected domain w2. Fix: npm run up, which recreates it",
    );
  });
});

test("a report is a table, or JSON with the same machines", () => {
  const change = { node: "m", role: "control-plane", domain: "lab-m", before: "running", after: "saved" } as const;
  expect(changeReport([change], false)).toBe(
    "NODE   ROLE            BEFORE    AFTER\nm      control-plane   running   saved",
  );
  expect(JSON.parse(changeReport([change], true))).toEqual([change]);
});
