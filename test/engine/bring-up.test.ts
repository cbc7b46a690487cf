import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubeconfigOf, clusterStateOf } from "../../cli/diagnose/state.ts";
import { parallelism } from "../../cli/stack/parallelism.ts";
import { parseState } from "../../cli/stack/state.ts";
import { cluster, patternsOf } from "./names.ts";
import { TestStack, type Outcome } from "./stack.ts";

/** Holds operations until the expected number has begun. */
function meeting(expected: number): () => Promise<void> {
  let begun = 0;
  let open: () => void;
  const all = new Promise<void>((resolve) => (open = resolve));
  return async () => {
    if (++begun === expected) open();
    const late = AbortSignal.timeout(60_000);
    await Promise.race([all, once(late, "abort")]);
    if (late.aborted) throw new Error(`only ${begun} of ${expected} began within 60 s`);
  };
}

/** Objects of the add-ons that wait for no other object and no worker. */
const independent = /(ServiceAccount|ClusterRole|ConfigMap|Service) addons-coredns|Namespace addons-smoke/;

describe("the first up of one control plane and two workers", () => {
  let stack: TestStack;
  let preview: Awaited<ReturnType<TestStack["preview"]>>;
  let up: Outcome;

  beforeAll(async () => {
    stack = await TestStack.create();
    preview = await stack.preview();
    stack.world.on("before", /create Domain/, meeting(3));
    stack.world.on("before", new RegExp(`create (${independent.source}|Command worker-node-.-ready)$`), meeting(7));
    up = await stack.up();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it("is previewed, and the preview creates nothing", () => {
    expect(preview.succeeded).toBe(true);
    expect(new Set(preview.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
    expect(preview.calls.list).toEqual([]);
  });

  it("creates every resource once and nothing else", () => {
    expect(up.text).toContain("Resources:\n    + 52 created");
    // Pulumi warns of an output that is undefined. The guests of this tier have a kubeconfig without a readable certificate.
    expect(new Set(up.text.match(/Undefined value \(\w+\)/g))).toEqual(new Set(["Undefined value (certificatesEnd)"]));
    expect(up.succeeded).toBe(true);
    expect(up.calls.of("create")).toEqual(cluster(2));
    expect(up.calls.all).toHaveLength(cluster(2).length);
  });

  it("creates pool, image, overlays and machines in this order", () => {
    expect(up.calls.disorder(/Pool/, /Volume base/, /Volume .*-root/)).toEqual([]);
    expect(up.calls.disorder(/Pool/, /Volume .*-seed/)).toEqual([]);
    expect(up.calls.disorder(/Network/, /Domain/)).toEqual([]);
    for (const name of ["master", "worker-node-1", "worker-node-2"]) {
      const of = patternsOf(name);
      expect(up.calls.disorder(of("Volume NAME-(root|seed)"), of("Domain NAME"), of("NAME-host-key"))).toEqual([]);
    }
  });

  it("boots all machines at once", () => {
    // Each waited until the others began. A later one would have made the others fail.
    expect(up.calls.matching(/create Domain/).filter(({ ended }) => ended === undefined)).toEqual([]);
  });

  it("initializes the control plane before it mints a token, and lets a worker join only with its own token", () => {
    expect(up.calls.disorder(/master-host-key/, /master-init/, /-token/)).toEqual([]);
    for (const name of ["worker-node-1", "worker-node-2"]) {
      expect(up.calls.disorder(new RegExp(`Domain ${name}`), new RegExp(`${name}-token`))).toEqual([]);
      expect(up.calls.disorder(new RegExp(`${name}-token`), new RegExp(`${name}-join`))).toEqual([]);
      expect(up.calls.disorder(new RegExp(`${name}-host-key`), new RegExp(`${name}-join`))).toEqual([]);
    }
  });

  it("waits for all joins, then creates the add-ons' pods while it waits for the whole cluster", () => {
    expect(up.calls.disorder(/-join/, /Command ready/)).toEqual([]);
    expect(up.calls.disorder(/worker-node-.-ready/, /Command ready/)).toEqual([]);
    // Beside the step that waits for all nodes, and beside each other.
    const workloads = /Deployment addons-coredns|(ConfigMap|DaemonSet) addons-smoke/;
    expect(up.calls.disorder(/worker-node-.-ready/, workloads)).toEqual([]);
    expect(up.calls.disorder(/ClusterRoleBinding/, /Deployment/)).toEqual([]);
    expect(up.calls.disorder(/(Namespace|ConfigMap|Service) addons-smoke/, /DaemonSet/)).toEqual([]);
  });

  it("creates the add-ons' other objects once the API server answers, beside the joins", () => {
    expect(up.calls.matching(independent)).toHaveLength(5);
    expect(up.calls.disorder(/master-kubeconfig/, independent)).toEqual([]);
    // Each waited until the others began.
    expect(up.calls.disorder(/worker-node-.-ready/, independent)).toHaveLength(10);
  });

  it("outputs the nodes, and the kubeconfig as a secret", async () => {
    const image = await stack.output("imageHash");
    const worker = { role: "worker", pool: "workers", image };
    expect(image).toMatch(/^[0-9a-f]{64}$/);
    expect(await stack.output("nodes")).toEqual([
      { name: "master", role: "control-plane", image, address: "192.168.222.10" },
      { ...worker, name: "worker-node-1", address: stack.addressOf("worker-node-1") },
      { ...worker, name: "worker-node-2", address: stack.addressOf("worker-node-2") },
    ]);
    expect(await stack.output("kubeconfig")).toBe("[secret]");
    const kubeconfig = await stack.output("kubeconfig", "--show-secrets");
    expect(stack.guests.secrets).toContain(kubeconfig);
    // A diagnosis reads it from the state, because a failed first up has no outputs.
    const exported = await stack.cli.run(["stack", "export", "--show-secrets", "--stack", "lab"], stack.folder);
    expect(kubeconfigOf(exported.stdout, clusterStateOf(parseState(exported.stdout)).kubeconfig ?? "")).toBe(
      kubeconfig,
    );
  });

  it("has no position in the sources in its state, which would name a folder of this machine", async () => {
    const { resources = [] } = (await stack.export()).deployment;
    expect(resources.length).toBeGreaterThan(30);
    const positioned = resources.filter((resource) => "sourcePosition" in resource || "stackTrace" in resource);
    // The SDK creates the stack before the program runs.
    expect(positioned.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  });

  it("is followed by a preview without changes", async () => {
    const again = await stack.preview();
    expect([again.steps, again.calls.list]).toEqual([[], []]);
    const refreshed = await stack.preview({}, "--refresh");
    expect([refreshed.steps, refreshed.calls.list]).toEqual([[], []]);
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a cluster without workers", () => {
  it("has no token, no join and no smoke check", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    const up = await stack.up();
    expect(up.succeeded).toBe(true);
    expect(up.calls.of("create")).toEqual(cluster(0).filter((resource) => !resource.includes("smoke")));
  });
});

describe("joins", () => {
  it("run at most joinWaveSize at a time", async () => {
    await using stack = await TestStack.create({ workers: 4, joinWaveSize: 2 });
    const { succeeded, calls } = await stack.up();
    expect(succeeded).toBe(true);
    expect(calls.disorder(/worker-node-1-join/, /worker-node-3-token/)).toEqual([]);
    expect(calls.disorder(/worker-node-2-join/, /worker-node-4-token/)).toEqual([]);
  });
});

describe("boots", () => {
  /** Most boots at a time of an `up` in which each boot waits for the others, or for a time limit. */
  const mostBoots = async (workers: number, parallel: string, limitSeconds: number): Promise<number> => {
    await using stack = await TestStack.create({ workers });
    const all = Promise.withResolvers<void>();
    let [running, most] = [0, 0];
    stack.world.on("before", /create Domain/, async () => {
      most = Math.max(most, ++running);
      if (running === workers + 1) all.resolve();
      await Promise.race([all.promise, sleep(limitSeconds * 1000)]);
      running--;
    });
    expect((await stack.up({}, "--parallel", parallel)).succeeded).toBe(true);
    return most;
  };

  it("of forty workers run at the same time with the parallelism of the commands, on any number of processors", async () => {
    const { PULUMI_PARALLEL = "" } = parallelism({ get: () => "40", objects: () => [] }, {});
    expect(await mostBoots(40, PULUMI_PARALLEL, 120)).toBe(41);
  });

  it("run in groups with Pulumi's own parallelism on two processors", async () => {
    expect(await mostBoots(10, "8", 0.5)).toBeLessThanOrEqual(8);
  });
});
