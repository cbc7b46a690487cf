import { beforeEach, describe, expect, test, vi } from "vitest";
import { candidateNodes, nodesDigest } from "../../../../cli/bench/run/bench-nodes.ts";
import { describeRepetition, measureSchedulers, slotsOf } from "../../../../cli/bench/run/measure-schedulers.ts";
import type { Repetition } from "../../../../cli/bench/run/repetition.ts";
import type { Scenario } from "../../../../cli/bench/scenario/scenario.ts";
import type { Operation } from "../../../../cli/bench/workload/operation.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { boundAt, pod, repetition } from "../metrics/repetitions.ts";
import { FakeApiServer } from "./fake-api-server.ts";
import { contestant, FakeSwitch, prepared } from "./prepared.ts";
import { create } from "./stage.ts";

beforeEach(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => void vi.restoreAllMocks();
});

/** Returns what measures the scheduler `a` on two Ready nodes. */
async function conditions(changes: Partial<Scenario> = {}, ...operations: Operation[]) {
  const fake = await FakeApiServer.start();
  const labels = { "nodeforge.local/simulated": "bench" };
  const status = { allocatable: { cpu: "4" }, conditions: [{ type: "Ready", status: "True" }] };
  for (const name of ["bench-0", "bench-1"]) fake.put(`/api/v1/nodes/${name}`, { metadata: { name, labels }, status });
  using connection = new Connection(fake.server);
  const digest = nodesDigest(await candidateNodes(connection, false));
  const control = new FakeSwitch(fake);
  const stop = new AbortController();
  const { scenario, workload } = prepared({ schedulers: [{ name: "a" }], ...changes }, ...operations);
  /** @param after Called after each repetition with their number. */
  const measure = async (after: (count: number) => void = () => undefined) => {
    const repetitions: Repetition[] = [];
    const shared = {
      scenario,
      workload,
      server: fake.server,
      token: "t",
      control,
      isConfined: true,
      nodesDigest: digest,
    };
    const keep = (each: Repetition) => Promise.resolve(after(repetitions.push(each)));
    const slots = slotsOf(scenario, [contestant("a")]);
    await measureSchedulers(slots, { ...shared, signal: stop.signal }, keep);
    return repetitions;
  };
  return { fake, control, stop, measure };
}

describe("a repetition", () => {
  test("counts where nothing disturbs it, and so does the next one in the same cluster", async () => {
    const { measure } = await conditions({ repetitions: 2 });
    const repetitions = await measure();
    expect(repetitions.map((each) => [each.void, each.pods.length])).toEqual(Array(2).fill([undefined, 3]));
  });

  test("counts when the watch ends once", async () => {
    const { fake, control, measure } = await conditions();
    control.before = (call) => {
      if (call === "pause a") fake.endWatches();
    };
    expect((await measure()).map((each) => [each.void, each.pods.length])).toEqual([[undefined, 3]]);
    expect(fake.count(/watch=true/)).toBe(2);
  });

  test("is void when every watch ends", async () => {
    const { fake, control, measure } = await conditions();
    control.before = (call) => {
      if (call !== "pause a") return;
      fake.keepsWatches = false;
      // The replayed event of a bound pod would end the wait before the watches are used up.
      fake.schedule = () => undefined;
      fake.endWatches();
    };
    const [only] = await measure();
    expect(only?.void).toBe("the API server ended 20 watches of the pods before an event");
    expect(only?.journal).toBe("the journal\n");
  });

  test("is void when the watch reports an error", async () => {
    const { fake, control, measure } = await conditions();
    control.before = (call) => {
      if (call === "pause a") fake.send("ERROR", { code: 410 });
    };
    expect((await measure())[0]?.void).toBe('the watch of the pods failed: {"code":410}');
  });

  test("begins when a node has lost the taint of a busy controller manager", async () => {
    const { fake, control, measure } = await conditions();
    const path = "/api/v1/nodes/bench-1";
    const node = fake.objects.get(path)!;
    fake.put(path, { ...node, spec: { taints: [{ key: "node.kubernetes.io/not-ready" }] } });
    const calls: string[] = [];
    control.before = (call) => void calls.push(call);
    setTimeout(() => {
      calls.push("ready");
      fake.put(path, node);
    }, 200);
    expect((await measure()).map((each) => each.void)).toEqual([undefined]);
    expect(calls.slice(0, 2)).toEqual(["ready", "pause a"]);
  });

  test("is void on other nodes", async () => {
    const { fake, control, measure } = await conditions();
    control.before = (call) => {
      if (call === "pause a") fake.objects.delete("/api/v1/nodes/bench-1");
    };
    expect((await measure())[0]?.void).toBe("the nodes differed from those at the start of the benchmark");
  });

  test("is void without its workload where a node is lost before it, and the next one counts when it is back", async () => {
    const { fake, control, measure } = await conditions({ repetitions: 3 });
    const path = "/api/v1/nodes/bench-1";
    const node = fake.objects.get(path)!;
    let now = 0;
    // Each look at the clock is later than the end of the wait for the nodes.
    vi.spyOn(Date, "now").mockImplementation(() => (now += 60_000));
    const repetitions = await measure((count) => {
      if (count === 1) fake.objects.delete(path);
      else fake.put(path, node);
    });
    const lost = "the nodes differed from those at the start of the benchmark";
    expect(repetitions.map((each) => [each.void, each.pods.length, each.nodes.length])).toEqual([
      [undefined, 3, 2],
      [lost, 0, 1],
      [undefined, 3, 2],
    ]);
    expect(control.calls).toEqual(Array(2).fill(["pause a", "activate a"]).flat());
  });

  test("is void when its scheduler ended", async () => {
    const { control, measure } = await conditions();
    control.ran = false;
    expect((await measure())[0]?.void).toBe("the scheduler ended before the workload");
  });

  test("is void when a scheduler does not start, and the next one counts", async () => {
    const { control, measure } = await conditions({ repetitions: 2 });
    let starts = 0;
    control.before = (call) => {
      if (call === "activate a" && ++starts === 1) throw new Error("it is not healthy\nwith a log");
    };
    expect((await measure()).map((each) => each.void)).toEqual(["it is not healthy", undefined]);
  });

  test("is void after its time, with the pods that were created until then", async () => {
    const { fake, measure } = await conditions({ repetitionMinutes: 0.003 });
    fake.schedule = () => undefined;
    const [only] = await measure();
    expect(only?.void).toBe("it did not end within 0.003 min");
    expect(only?.pods.map(({ bound }) => bound)).toEqual([undefined, undefined, undefined]);
  });

  test("refuses a namespace of the user's own, and touches nothing in it", async () => {
    const pods = { count: 1, namespace: "default", pod: () => ({ apiVersion: "v1", kind: "Pod", metadata: {} }) };
    const { fake, measure } = await conditions({}, create(0, { pods }));
    fake.put("/api/v1/namespaces/default/pods/web", { spec: {} });
    const fix = "Fix: name another namespace in the workload";
    expect((await measure())[0]?.void).toBe(`the namespace default exists and is not the benchmark's. ${fix}`);
    expect(fake.names("/api/v1/namespaces/default/pods")).toEqual(["web"]);
  });

  test("that is interrupted is no repetition", async () => {
    const { control, stop, measure } = await conditions();
    control.before = (call) => {
      if (call === "pause a") stop.abort(new Error("interrupted"));
    };
    await expect(measure()).rejects.toThrow("interrupted");
  });
});

describe("the slots of a scenario", () => {
  test("have the warm-up blocks first", () => {
    const slots = slotsOf(prepared({ warmups: 1, order: "interleaved" }).scenario, [contestant("a"), contestant("b")]);
    expect(slots.map(({ number, block, warmup }) => [number, block, warmup])).toEqual([
      ...[
        [1, 0, true],
        [2, 0, true],
      ],
      ...[
        [3, 1, false],
        [4, 1, false],
      ],
    ]);
    expect(slots.map(({ contestant: { name } }) => name).sort()).toEqual(["a", "a", "b", "b"]);
  });
});

test.each([
  [{ pods: boundAt(1000, 2000, 3000) }, "3 of 3 pods bound, 1.0 pods/s"],
  [{ pods: boundAt(1000) }, "1 of 1 pods bound"],
  [{ pods: [], warmup: true }, "0 of 0 pods bound (warm-up)"],
  [{ pods: [pod("x")], void: "a reason", warmup: true }, "0 of 1 pods bound (void: a reason)"],
])("the line of %j", (changes, expected) => {
  expect(describeRepetition(repetition(changes), 4)).toBe(`repetition 1 of 4, shipped: ${expected}`);
});
