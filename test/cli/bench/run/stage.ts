import { onTestFinished } from "vitest";
import { perform } from "../../../../cli/bench/run/perform.ts";
import { PodTracker } from "../../../../cli/bench/run/pod-tracker.ts";
import type { Stage } from "../../../../cli/bench/run/stage.ts";
import type { KubernetesObject, Operation, PodBatch } from "../../../../cli/bench/workload/operation.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { FakeApiServer } from "./fake-api-server.ts";

/** Path of the pods of the namespace `a`. */
export const pods = "/api/v1/namespaces/a/pods";

/** Returns a pod. */
export const podNamed = (name: string, spec: object = {}, labels: object = {}): KubernetesObject => ({
  ...{ apiVersion: "v1", kind: "Pod" },
  metadata: { name, labels },
  spec: { containers: [], ...spec },
});

/** Returns pods `pod-0`, `pod-1` and so on in the namespace `a`. */
export const batch = (count: number, changes: Partial<PodBatch> = {}): PodBatch => ({
  ...{ count, namespace: "a", pod: (index) => podNamed(`pod-${index}`) },
  ...changes,
});

/** Returns an operation that creates measured pods. */
export const create = (count: number, changes: object = {}): Operation => ({
  ...{ opcode: "createPods", pods: batch(count), collectMetrics: true, skipWaitToCompletion: false },
  ...changes,
});

/** Returns a server, and what runs operations on it. */
export async function stageOf(changes: Partial<Stage> = {}) {
  const fake = await FakeApiServer.start();
  fake.active = true;
  const connection = new Connection(fake.server);
  const watcher = new Connection(fake.server);
  const clock = () => performance.now();
  const tracker = new PodTracker(clock);
  await tracker.follow(watcher);
  onTestFinished(() => {
    tracker.end();
    connection[Symbol.dispose]();
    watcher[Symbol.dispose]();
  });
  /** Each edge and switch, with the number of pods and of bound pods. */
  const steps: string[] = [];
  const step = (name: string) => {
    const bound = fake.names("/api/v1/pods").filter((pod) => fake.objects.get(`${pods}/${pod}`)?.spec?.nodeName);
    steps.push(`${name} ${fake.names("/api/v1/pods").length} ${bound.length}`);
    return Promise.resolve();
  };
  const stage: Stage = {
    ...{ connection, tracker, clock, arrival: "burst", nodes: { real: "exclude", pods: "bind" }, seed: 1 },
    ...{ isConfined: true, signal: new AbortController().signal },
    pause: () => step("pause").then(() => void (fake.active = false)),
    start: () => step("activate").then(() => void (fake.active = true)),
    onWindow: step,
    ...changes,
  };
  const run = (...operations: Operation[]) =>
    perform({ name: "test", operations, inputs: [], featureGates: {} }, stage);
  return { fake, tracker, steps, run };
}
