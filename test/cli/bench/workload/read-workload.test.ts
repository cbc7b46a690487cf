import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Operation } from "../../../../cli/bench/workload/operation.ts";
import { readWorkload } from "../../../../cli/bench/workload/read-workload.ts";

const folder = join(import.meta.dirname, "files");

const read = (name: string, params = {}) =>
  readWorkload({ from: "scheduler_perf", file: "performance-config.yaml", name, params }, folder);

const inline = (workloadTemplate: readonly unknown[], more = {}, params = {}) =>
  readWorkload(
    { from: "inline", testCase: { workloadTemplate, workloads: [{ ...params }], ...more }, params: {} },
    folder,
  );

const problemsOf = async (promise: Promise<unknown>): Promise<readonly string[]> => {
  const error = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason as Error,
  );
  return error.message
    .split("\n")
    .filter((line) => line.startsWith("  "))
    .map((line) => line.trim());
};

function of<T extends Operation["opcode"]>(operations: readonly Operation[], opcode: T) {
  return operations.filter((one): one is Extract<Operation, { opcode: T }> => one.opcode === opcode);
}

describe("a workload of scheduler_perf", () => {
  it("has every operation in order, with the texts it was read from", async () => {
    const { name, operations, inputs, featureGates } = await read("Small/Two");
    expect(name).toBe("Small/Two");
    expect(operations.map(({ opcode }) => opcode)).toEqual([
      "createNodes",
      "createNodes",
      "createPodSets",
      "createPods",
      "churn",
      "createPods",
      "barrier",
      "sleep",
      "deletePods",
    ]);
    expect(inputs.map((input) => input.name)).toEqual(["performance-config.yaml", "templates/pod.yaml"]);
    // The locked gate has its value already.
    expect(featureGates).toEqual({ SchedulerAsyncAPICalls: false });
  });

  it("numbers nodes over all operations and applies the strategies", async () => {
    const [first, second] = of((await read("Small/Two")).operations, "createNodes");
    const nodes = [first?.node(0), first?.node(1), second?.node(0)];
    expect(nodes.map((node) => node?.metadata)).toEqual([
      { name: "node-0-0", labels: { "kubernetes.io/hostname": "node-0-0", zone: "a" } },
      { name: "node-0-1", labels: { "kubernetes.io/hostname": "node-0-1", zone: "b" } },
      { name: "node-1-2", labels: { "kubernetes.io/hostname": "node-1-2" } },
    ]);
    const capacity = { pods: "110", cpu: "4", memory: "32Gi" };
    expect(nodes[0]?.status).toMatchObject({ capacity, allocatable: capacity });
    expect(nodes[2]?.status).toMatchObject({ capacity, allocatable: { ...capacity, "example.com/gpu": "8" } });
  });

  it("counts a set as one operation in the names of namespaces", async () => {
    const { operations } = await read("Small/Two");
    const [sets] = of(operations, "createPodSets");
    expect(sets?.sets.map(({ namespace, count }) => [namespace, count])).toEqual([
      ["set-0", 1],
      ["set-1", 1],
    ]);
    const [plain, steady] = of(operations, "createPods");
    expect(plain?.pods).toMatchObject({ namespace: "namespace-4", count: 3 });
    expect(plain).not.toHaveProperty("steadyStateSeconds");
    expect(plain?.pods.pod(1).metadata).toEqual({
      name: "small-4-1",
      namespace: "namespace-4",
      labels: { group: "1" },
    });
    expect(steady).toMatchObject({ steadyStateSeconds: 10, collectMetrics: true, pods: { namespace: "steady" } });
    // Beyond the count the template starts again, with another name.
    expect(steady?.pods.pod(6).metadata).toMatchObject({ name: "small-6-6", labels: { group: "0" } });
    expect(of(operations, "churn")[0]).toMatchObject({
      namespace: "namespace-5",
      intervalMilliseconds: 500,
      number: 1,
    });
    expect(of(operations, "sleep")).toEqual([{ opcode: "sleep", seconds: 61.5 }]);
  });

  it("takes other values of parameters, and refuses unknown ones", async () => {
    const { operations } = await read("Small/Two", { pods: 9, time: 30 });
    expect(
      of(operations, "createPods").map(({ pods, steadyStateSeconds }) => [pods.count, steadyStateSeconds]),
    ).toEqual([
      [9, undefined],
      [4, 30],
    ]);
    expect(await problemsOf(read("Small/Two", { pod: 9 }))).toEqual([
      "params: the workload has no parameter pod; known: nodes, pods, time",
    ]);
  });

  it("refuses an unused and a missing parameter, and an unknown name", async () => {
    expect(await problemsOf(read("Small/Unused"))).toEqual(["params: no operation uses forgotten"]);
    expect(await problemsOf(read("Small/Missing"))).toEqual([
      "operation 3 (createPods): countParam: there is no parameter pods; known: nodes, time",
      "operation 3 (createPods): wanted count or countParam",
    ]);
    await expect(read("Small/Other")).rejects.toThrow(
      /wanted one workload Small\/Other, got 0\.\nFix: .*\n {2}Small\/Two\n/,
    );
  });

  it("refuses everything that the cluster cannot run in one error", async () => {
    const problems = await problemsOf(read("Refused/All"));
    const expected = [
      /^operation 0 \(createResourceDriver\): refused: it needs a driver/,
      /^operation 1 \(createPods\): signatureBatchSize is refused: /,
      /^operation 1 \(createPods\): there is no field typo$/,
      /^operation 2 \(updateAny\): refused: /,
      /^operation 3 \(dance\): there is no such operation; known: createNodes, /,
      /^operation 4 \(barrier\): namespaces: no operation before creates nowhere$/,
      /^test case: featureGates: SchedulerQueueingHints=false is refused: Kubernetes has locked it/,
      /^test case: featureGates: DRADeviceTaints=true is refused: the API server must know it/,
      /^test case: schedulerConfigPath is refused: /,
    ];
    expect(problems).toHaveLength(expected.length);
    expected.forEach((pattern, index) => expect(problems[index]).toMatch(pattern));
  });
});

describe("an inline workload", () => {
  it("has pods from a mapping with template actions", async () => {
    const podTemplate = { apiVersion: "v1", kind: "Pod", metadata: { name: 'p-{{ printf "%03d" .Index }}' }, spec: {} };
    const { operations, name } = await inline([{ opcode: "createPods", count: 2, podTemplate }], { name: "Mine" });
    const [created] = of(operations, "createPods");
    expect(name).toBe("Mine");
    expect(created?.pods.pod(1)).toEqual({ ...podTemplate, metadata: { name: "p-001", namespace: "namespace-0" } });
  });

  it("has scheduler_perf's default pod and namespaces", async () => {
    const { operations, inputs } = await inline([
      { opcode: "createNamespaces", prefix: "n", count: 2 },
      { opcode: "createPods", count: 1, namespace: "n-1" },
      { opcode: "startCollectingMetrics", name: "x", namespaces: ["n-1"] },
      { opcode: "stopCollectingMetrics" },
    ]);
    expect(operations[0]).toEqual({ opcode: "createNamespaces", names: ["n-0", "n-1"] });
    expect(of(operations, "createPods")[0]?.pods.pod(0).metadata).toEqual({ name: "pod-1-0", namespace: "n-1" });
    expect(inputs).toEqual([]);
  });

  it("makes several objects of any kind", async () => {
    const any = { opcode: "createAny", count: 2, namespace: "here", templatePath: "templates/pod.yaml" };
    const [created] = of((await inline([any])).operations, "createAny");
    expect(created?.objects.map(({ metadata }) => metadata.name)).toEqual(["small-0-0", "small-0-1"]);
  });

  const templates = {
    persistentVolumeTemplatePath: "templates/volume.yaml",
    persistentVolumeClaimTemplatePath: "templates/claim.yaml",
  };

  it("has a volume and a claim for each pod, which name each other", async () => {
    const { operations, inputs } = await inline([{ opcode: "createPods", count: 2, namespace: "here", ...templates }]);
    const pods = of(operations, "createPods")[0]?.pods;
    const { volume, claim } = pods?.volume?.(1) ?? {};
    expect(volume?.metadata).toEqual({ name: "here-vol-1" });
    expect(volume?.spec).toMatchObject({
      capacity: { storage: "1Gi" },
      csi: { driver: "ebs.csi.aws.com", volumeHandle: "here-vol-1" },
    });
    expect(claim?.metadata).toMatchObject({ name: "pvc-1", namespace: "here" });
    expect(claim?.spec).toMatchObject({ volumeName: "here-vol-1", resources: { requests: { storage: "1Gi" } } });
    expect(pods?.pod(1).spec).toMatchObject({
      containers: [{ name: "pause" }],
      volumes: [{ name: "vol", persistentVolumeClaim: { claimName: "pvc-1" } }],
    });
    expect(inputs.map(({ name }) => name)).toEqual(["templates/volume.yaml", "templates/claim.yaml"]);
  });

  it("has no volumes without their templates", async () => {
    const [created] = of((await inline([{ opcode: "createPods", count: 1 }])).operations, "createPods");
    expect(created?.pods).not.toHaveProperty("volume");
    expect(created?.pods.pod(0).spec).not.toHaveProperty("volumes");
  });

  it("has limits of volumes where its nodes have them", async () => {
    const csiNodeAllocatable = { "ebs.csi.aws.com": { count: 39 } };
    const strategy = { nodeAllocatableStrategy: { csiNodeAllocatable, migratedPlugins: ["kubernetes.io/aws-ebs"] } };
    const nodes = { opcode: "createNodes", count: 1 };
    const created = of((await inline([nodes, { ...nodes, ...strategy }])).operations, "createNodes");
    expect(created.map(({ volumeLimits }) => volumeLimits)).toEqual([
      undefined,
      { drivers: { "ebs.csi.aws.com": 39 }, migratedPlugins: ["kubernetes.io/aws-ebs"] },
    ]);
  });

  const limited = (nodeAllocatableStrategy: object) => ({ opcode: "createNodes", count: 1, nodeAllocatableStrategy });

  it.each([
    [
      { opcode: "createPods", count: 1, persistentVolumeTemplatePath: "templates/volume.yaml" },
      ": wanted persistentVolumeTemplatePath and persistentVolumeClaimTemplatePath, got one of them",
    ],
    [
      { opcode: "createPods", count: 1, ...templates, persistentVolumeClaimTemplatePath: "templates/volume.yaml" },
      ": templates/volume.yaml: wanted a PersistentVolumeClaim, got a PersistentVolume",
    ],
    [
      { opcode: "createPods", count: 1, steadyState: true, duration: "1s", ...templates },
      ": steadyState and persistentVolumeTemplatePath exclude each other",
    ],
    [limited({ csiNodeAllocatable: { x: {} } }), ".nodeAllocatableStrategy.csiNodeAllocatable: x: wanted a count"],
    [
      limited({ migratedPlugins: ["x"] }),
      ".nodeAllocatableStrategy: migratedPlugins: wanted csiNodeAllocatable beside it",
    ],
  ])("refuses volumes of %j", async (operation, problem) => {
    expect(await problemsOf(inline([operation]))).toEqual([`operation 0 (${operation.opcode})${problem}`]);
  });

  it.each([
    [{ opcode: "createPods" }, "wanted count or countParam"],
    [{ opcode: "createPods", count: -1 }, "count: wanted a whole number from 0, got -1"],
    [{ opcode: "createPods", count: 1, steadyState: true }, "steadyState: wanted a duration above 0"],
    [{ opcode: "churn", mode: "create", templatePaths: [] }, "wanted at least one of templatePaths"],
    [{ opcode: "barrier", stageRequirement: "Later" }, "stageRequirement: wanted Scheduled or Attempted, got Later"],
    [{ opcode: "sleep", duration: "1 day" }, 'duration: wanted a duration such as 1m30s, got "1 day"'],
  ])("refuses %j", async (operation, problem) => {
    const problems = await problemsOf(inline([operation]));
    expect(problems[0]).toBe(`operation 0 (${operation.opcode}): ${problem}`);
  });

  it("may have upstream's thresholds, which mean nothing here", async () => {
    const selector = { name: "SchedulingThroughput" };
    const own = { threshold: { misc: 5 }, thresholdMetricSelector: selector };
    const { operations } = await inline(
      [{ opcode: "createPods", count: 1 }],
      { defaultThresholdMetricSelector: selector },
      own,
    );
    expect(operations).toHaveLength(1);
    expect(await problemsOf(inline([{ opcode: "createPods", count: 1 }], {}, { treshold: 5 }))).toEqual([
      "workload: there is no field treshold",
    ]);
  });

  it("needs exactly one workload", async () => {
    const testCase = { workloadTemplate: [], workloads: [{}, {}] };
    await expect(readWorkload({ from: "inline", testCase, params: {} }, folder)).rejects.toThrow(/got 2\.\nFix: /);
  });
});

describe("a trace of pods", () => {
  const trace = (more = {}) => readWorkload({ from: "openb", pods: "pods.csv", speed: 10, nodes: 3, ...more }, folder);

  it("is a timeline that runs faster", async () => {
    const { operations, inputs } = await trace();
    const [replay] = of(operations, "replay");
    expect(of(operations, "createNodes")[0]?.count).toBe(3);
    expect(replay?.events.map(({ at, create, remove }) => [at, create?.metadata.name, remove])).toEqual([
      [0, "pod-a", undefined],
      [10, "pod-b", undefined],
      [20, undefined, "pod-a"],
    ]);
    const resources = replay?.events.map(({ create }) => JSON.stringify(create?.spec ?? ""));
    expect(resources?.[0]).toContain('"requests":{"cpu":"12000m","memory":"16384Mi","nvidia.com/gpu":"1"}');
    expect(resources?.[1]).not.toContain("nvidia.com/gpu");
    expect(inputs.map(({ name }) => name)).toEqual(["pods.csv"]);
  });

  it("refuses a speed of 0 and a file that is no trace", async () => {
    await expect(trace({ speed: 0 })).rejects.toThrow(/workload\.speed: wanted a number above 0, got 0\.\nFix: /);
    await expect(trace({ pods: "templates/pod.yaml" })).rejects.toThrow(/^pod\.yaml: wanted a CSV file.*\nFix: /);
  });
});
