import { describe, expect, it } from "vitest";
import { ContestantControl } from "../../../../cli/bench/contestants/contestant-control.ts";
import type { Contestant } from "../../../../cli/bench/contestants/contestant.ts";

const unit: Contestant = { name: "unit", configuration: "{}", arguments: [] };
const local: Contestant = {
  ...{ ...unit, name: "local" },
  local: { command: "/bin/mine", args: [], limits: { qps: 1, burst: 1 } },
};
const pods: Contestant = {
  ...{ ...unit, name: "pods" },
  manifests: {
    ...{ namespace: "own", objects: [], texts: [], hasCommonLimits: true },
    images: [{ file: "/a.tar", sha256: "ab" }],
  },
};

/** Returns a control of three places that only note their calls. */
function controlled(fails = "") {
  const calls: string[] = [];
  const state = { sawUnit: false, nodeRan: true, localRuns: true, podsRan: true };
  const note = (call: string) => {
    calls.push(call);
    return call === fails ? Promise.reject(new Error(call)) : Promise.resolve();
  };
  const sample = { at: 1, cpuSeconds: { etcd: 1 }, memoryPeak: { etcd: 1 }, steal: 0 };
  const control = new ContestantControl({
    node: {
      provide: ({ name }) => note(`provide ${name}`),
      activate: ({ name }) => note(`activate ${name}`),
      pause: ({ name }) => note(`pause ${name}`),
      leave: ({ name }) => note(`leave ${name}`),
      importImages: ({ file }) => note(`import ${file}`),
      restore: () => note("restore"),
      observe: async (when, _clock, given) => {
        await note(`observe ${when}${given === undefined ? "" : ` ${given.uids.join()}`}`);
        return { scrapes: [{ component: "etcd", text: "e" }], usage: [sample] };
      },
      journal: async (namespace) => {
        await note(`journal ${namespace ?? ""}`);
        return "journal";
      },
      get ran() {
        return state.nodeRan;
      },
      get sawUnit() {
        return state.sawUnit;
      },
    },
    local: {
      start: ({ name }, _program, { token }) => note(`start ${name} ${token}`),
      stop: () => note("stop local"),
      observe: () => Promise.resolve({ metrics: "own", usage: { cpuSeconds: 7, memoryPeak: 8 } }),
      log: () => Promise.resolve("log"),
      get runs() {
        return state.localRuns;
      },
    },
    pods: {
      start: (name) => note(`start ${name}`),
      stop: ({ namespace }) => note(`stop ${namespace}`),
      remove: () => note("remove pods"),
      observe: () => Promise.resolve({ uids: ["u1"] }),
      get ran() {
        return state.podsRan;
      },
    },
    identity: {
      create: async () => {
        await note("create identity");
        return { kubeconfig: "k", token: "t" };
      },
      remove: () => note("remove identity"),
    },
  });
  const take = () => calls.splice(0).filter((call) => call !== "stop local");
  return { control, calls, state, take };
}

describe("the control of schedulers in several places", () => {
  it("provides an identity once for all local ones, images for manifests, and programs", async () => {
    const { control, take } = controlled();
    for (const each of [unit, local, local, pods]) await control.provide(each);
    expect(take()).toEqual([
      "provide unit",
      ...["create identity", "provide local", "provide local"],
      ...["import /a.tar", "provide pods"],
    ]);
  });

  it("stops the shipped scheduler before another one starts, and each one before the next", async () => {
    const { control, take } = controlled();
    await control.provide(local);
    take();
    await control.activate(pods);
    expect(take()).toEqual(["leave pods", "start pods"]);
    await control.activate(local);
    expect(take()).toEqual(["stop own", "leave local", "start local t"]);
    await control.pause(local);
    expect(take()).toEqual(["pause local"]);
    await control.activate(unit);
    expect(take()).toEqual(["activate unit"]);
  });

  it("does not start a local one that has no identity", async () => {
    await expect(controlled().control.activate(local)).rejects.toThrow("local was not provided before its start");
  });

  it("ends everything before the shipped scheduler returns, which it does also after a failure", async () => {
    const { control, calls } = controlled("remove identity");
    await expect(control.restore()).rejects.toThrow("remove identity");
    expect(calls).toEqual(["stop local", "remove identity", "restore"]);
    const second = controlled();
    await second.control.restore();
    expect(second.calls).toEqual(["stop local", "remove identity", "remove pods", "restore"]);
  });

  it("observes a local one beside the control plane, and pods by their ids", async () => {
    const { control, take } = controlled();
    await control.provide(local);
    await control.activate(local);
    const seen = await control.observe("end", () => 1);
    expect(seen.scrapes.map(({ component, text }) => [component, text])).toEqual([
      ["etcd", "e"],
      ["kube-scheduler", "own"],
    ]);
    expect(seen.usage).toEqual([
      {
        ...{ at: 1, steal: 0 },
        ...{ cpuSeconds: { etcd: 1, "kube-scheduler": 7 }, memoryPeak: { etcd: 1, "kube-scheduler": 8 } },
      },
    ]);
    await control.activate(pods);
    take();
    await control.observe("between", () => 1);
    await control.activate(unit);
    await control.observe("between", () => 1);
    expect(take().filter((call) => call.startsWith("observe"))).toEqual(["observe between u1", "observe between"]);
  });

  it("has the log of the place where the last scheduler ran", async () => {
    const { control, calls } = controlled();
    await control.provide(local);
    await control.activate(local);
    expect(await control.journal()).toBe("log");
    await control.activate(pods);
    await control.journal();
    await control.activate(unit);
    await control.journal();
    await control.activate(local);
    await control.pause(local);
    await control.journal();
    expect(calls.filter((call) => call.startsWith("journal"))).toEqual(["journal own", "journal ", "journal "]);
  });

  it("knows whether the scheduler ran alone", async () => {
    const { control, state } = controlled();
    await control.provide(local);
    const ran = async (contestant: Contestant, changes: Partial<typeof state>) => {
      Object.assign(state, { sawUnit: false, nodeRan: true, localRuns: true, podsRan: true }, changes);
      await control.activate(contestant);
      return control.ran;
    };
    expect([await ran(unit, { sawUnit: true }), await ran(unit, { nodeRan: false })]).toEqual([true, false]);
    expect([await ran(local, { nodeRan: false }), await ran(local, { localRuns: false })]).toEqual([true, false]);
    expect([await ran(pods, { nodeRan: false }), await ran(pods, { podsRan: false })]).toEqual([true, false]);
    // The watchdog has started the shipped one.
    expect([await ran(local, { sawUnit: true }), await ran(pods, { sawUnit: true })]).toEqual([false, false]);
  });
});
