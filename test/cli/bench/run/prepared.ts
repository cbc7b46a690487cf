import type { Contestant } from "../../../../cli/bench/contestants/contestant.ts";
import type { SchedulerSwitch } from "../../../../cli/bench/contestants/scheduler-switch.ts";
import type { PreparedScenario } from "../../../../cli/bench/run/measure-on-cluster.ts";
import type { Scenario } from "../../../../cli/bench/scenario/scenario.ts";
import type { Operation } from "../../../../cli/bench/workload/operation.ts";
import type { FakeApiServer } from "./fake-api-server.ts";
import { create } from "./stage.ts";

/** Returns a scheduler that is ready to run. */
export const contestant = (name: string): Contestant => ({ name, configuration: "{}", arguments: [] });

/** Returns a scenario with the schedulers `a` and `b` once each, without warm-up, on two simulated nodes with three pods. */
export function prepared(changes: Partial<Scenario> = {}, ...operations: Operation[]): PreparedScenario {
  const nodes: Operation = {
    ...{ opcode: "createNodes", count: 2 },
    node: () => ({ apiVersion: "v1", kind: "Node", metadata: {}, status: { allocatable: { cpu: "4", pods: "110" } } }),
  };
  const scenario: Scenario = {
    ...{ name: "test", description: "", workload: { from: "inline", testCase: {}, params: {} }, document: {} },
    ...{ nodes: { real: "exclude", pods: "bind" }, arrival: "backlog", schedulers: [{ name: "a" }, { name: "b" }] },
    ...{ common: { qps: 1, burst: 1, verbosity: 0, featureGates: {} }, repetitions: 1, warmups: 0 },
    ...{ order: "sequential", seed: 1, repetitionMinutes: 1, thresholds: [] },
    compare: { baseline: "a", metrics: ["throughput"], equivalence: 0.03 },
    ...changes,
  };
  const workload = {
    name: "test",
    operations: [nodes, ...(operations.length > 0 ? operations : [create(3)])],
    inputs: [],
    featureGates: {},
  };
  return { scenario, workload, contestants: scenario.schedulers.map(({ name }) => contestant(name)) };
}

/** A control plane whose scheduler is the fake API server's. */
export class FakeSwitch implements SchedulerSwitch {
  /** Every change, such as `activate a`. */
  readonly calls: string[] = [];
  /** Share of time that the hypervisor takes. */
  steal = 0;
  /** Called before each change. */
  before: (call: string) => Promise<void> | void = () => undefined;
  ran = true;
  readonly #fake: FakeApiServer;

  constructor(fake: FakeApiServer) {
    this.#fake = fake;
  }

  provide = ({ name }: Contestant) => this.#change(`provide ${name}`);
  activate = ({ name }: Contestant) => this.#change(`activate ${name}`, true);
  pause = ({ name }: Contestant) => this.#change(`pause ${name}`, false);
  restore = () => this.#change("restore", true);
  journal = () => Promise.resolve("the journal\n");
  observe: SchedulerSwitch["observe"] = (when, clock) =>
    Promise.resolve({
      scrapes: when !== "between" ? [{ component: "etcd", text: "etcd_size 1\n" }] : [],
      usage: [{ at: clock(), cpuSeconds: {}, memoryPeak: {}, steal: this.steal }],
    });

  async #change(call: string, active?: boolean): Promise<void> {
    this.calls.push(call);
    await this.before(call);
    if (active !== undefined) this.#fake.active = active;
  }
}
