import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import { simulatedTaint } from "../../../config/simulated-nodes.ts";
import type { Connection } from "../../../lib/api-server.ts";
import { simulatedLabel } from "../../../names.ts";
import type { Arrival, Scenario } from "../scenario/scenario.ts";
import type { KubernetesObject, Operation, PodBatch, Workload } from "../workload/operation.ts";
import { benchPool } from "./bench-nodes.ts";
import { benchLabel, createNamespace } from "./clean-up.ts";
import { isSelected, labelsOf, type PodSelection } from "./pod-selection.ts";
import type { PodStage, PodTracker } from "./pod-tracker.ts";
import { collectionOf } from "./resource-path.ts";

/** Surroundings of one run of a workload. */
export interface Stage {
  /** Connection of the generator. */
  readonly connection: Connection;
  readonly tracker: PodTracker;
  /** Milliseconds since the start of the repetition. */
  readonly clock: () => number;
  readonly arrival: Arrival;
  readonly nodes: Scenario["nodes"];
  readonly seed: number;
  /** Ends the repetition. */
  readonly signal: AbortSignal;
  /** Stops the scheduler, so that a backlog can arise. */
  readonly pause: () => Promise<void>;
  /** Starts the scheduler again. Called after {@link pause}. */
  readonly resume: () => Promise<void>;
  /** Called before the first measured pod, and after the last one. */
  readonly onWindow: (edge: "start" | "end") => Promise<void>;
}

/** Requests at the same time. The generator must not be the limit, and 16 keep an API server of four processors busy. */
const atOnce = 16;

/**
 * Runs the operations of a workload, one after the other.
 * @returns the window of the measured operations on the stage's clock, in milliseconds.
 * @throws when no operation is measured, and at the stage's signal.
 */
export async function perform(
  workload: Workload,
  stage: Stage,
): Promise<{ readonly start: number; readonly end: number }> {
  const performance = new Performance(stage);
  try {
    for (const operation of workload.operations) await performance.run(operation);
    return await performance.finish(workload.name);
  } finally {
    await performance.stopChurn();
  }
}

/** Namespace of objects without one. The cluster's `default` may have objects of the user. */
const plainNamespace = "nodeforge-bench";

class Performance {
  readonly #stage: Stage;
  readonly #churns: { readonly stop: AbortController; readonly done: Promise<void> }[] = [];
  readonly #namespaces = new Set<string>();
  readonly #priorityClasses = new Map<string, Promise<void>>();
  /** Pods that are measured between two operations. */
  #collecting: PodSelection | undefined;
  #start: number | undefined;
  #end: number | undefined;
  #batch = 0;
  #objects = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async run(operation: Operation): Promise<void> {
    const { signal, tracker } = this.#stage;
    signal.throwIfAborted();
    switch (operation.opcode) {
      // Nodes are the same in all repetitions.
      case "createNodes":
        return;
      case "createNamespaces":
        for (const name of operation.names) await this.#ensureNamespace(name);
        return;
      case "createPods":
        return this.#createPods([operation.pods], operation);
      case "createPodSets":
        return this.#createPods(operation.sets, { ...operation, skipWaitToCompletion: false });
      case "deletePods":
        return this.#deletePods(operation);
      case "churn":
        return this.#churn(operation);
      case "barrier":
        return tracker.wait(
          tracker.keys(operation),
          operation.stage === "Attempted" ? "attempted" : this.#done(),
          signal,
        );
      case "sleep":
        return sleep(operation.seconds * 1000, undefined, { signal });
      case "createAny":
        for (const object of operation.objects) await this.#create(object, operation.namespace ?? plainNamespace);
        return;
      case "startCollectingMetrics":
        this.#collecting = operation;
        return this.#open();
      case "stopCollectingMetrics":
        this.#collecting = undefined;
        return this.#close();
      case "replay":
        return this.#replay(operation);
    }
  }

  async finish(name: string): Promise<{ readonly start: number; readonly end: number }> {
    // A watch that ended during a sleep or a steady state is noticed by no other wait.
    await this.#stage.tracker.wait([], this.#done(), this.#stage.signal);
    if (this.#start !== undefined && this.#end === undefined) await this.#close();
    if (this.#start === undefined || this.#end === undefined) {
      throw new Error(`no operation of ${name} is measured. Fix: set collectMetrics: true on a createPods operation`);
    }
    return { start: this.#start, end: this.#end };
  }

  /** Ends the churn. @throws the first refusal of an object. */
  async stopChurn(): Promise<void> {
    for (const { stop } of this.#churns) stop.abort();
    for (const result of await Promise.allSettled(this.#churns.map(({ done }) => done))) {
      if (result.status === "rejected" && (result.reason as Error).name !== "AbortError") throw result.reason;
    }
  }

  /** Stage at which a pod is done. */
  #done(): PodStage {
    return this.#stage.nodes.pods === "run" ? "running" : "bound";
  }

  async #open(): Promise<void> {
    if (this.#start !== undefined) return;
    await this.#stage.onWindow("start");
    this.#start = this.#stage.clock();
  }

  async #close(): Promise<void> {
    this.#end = this.#stage.clock();
    await this.#stage.onWindow("end");
  }

  async #createPods(
    batches: readonly PodBatch[],
    options: {
      readonly collectMetrics: boolean;
      readonly skipWaitToCompletion: boolean;
      readonly steadyStateSeconds?: number;
    },
  ): Promise<void> {
    const { arrival, signal, tracker } = this.#stage;
    const { collectMetrics, skipWaitToCompletion, steadyStateSeconds } = options;
    for (const { namespace } of batches) await this.#ensureNamespace(namespace);
    const isBacklog = collectMetrics && arrival === "backlog" && steadyStateSeconds === undefined;
    if (isBacklog) await this.#stage.pause();
    if (collectMetrics) await this.#open();
    const selection = this.#collecting;
    const isMeasured = ({ namespace, pod }: PodBatch) =>
      collectMetrics || (selection !== undefined && isSelected(selection, namespace, labelsOf(pod(0))));
    const keys: string[] = [];
    for (const batch of batches) keys.push(...(await this.#createBatch(batch, isMeasured(batch))));
    if (isBacklog) await this.#stage.resume();
    if (steadyStateSeconds !== undefined) {
      for (const batch of batches) await this.#keepSteady(batch, steadyStateSeconds, isMeasured(batch));
    } else if (!skipWaitToCompletion) {
      await tracker.wait(keys, this.#done(), signal);
    }
    if (collectMetrics && !skipWaitToCompletion) await this.#close();
  }

  /** Creates the pods of a batch at the pace of the scenario; pods that are not measured as fast as possible. */
  async #createBatch({ count, namespace, pod }: PodBatch, measured: boolean): Promise<readonly string[]> {
    const { arrival, clock, signal } = this.#stage;
    const batch = this.#batch++;
    const objects = Array.from({ length: count }, (_, index) => this.#podOf(pod(index), `pod-${batch}-${index}`));
    const begin = clock();
    const gaps =
      typeof arrival === "object" && measured ? arrivalTimes(arrival.rate, count, this.#stage.seed) : undefined;
    return pMap(
      objects,
      async (object, index) => {
        if (gaps !== undefined) await sleep(Math.max(0, begin + gaps[index]! - clock()), undefined, { signal });
        return this.#createPod(object, namespace, measured);
      },
      { concurrency: atOnce, signal },
    );
  }

  async #createPod(given: KubernetesObject, namespace: string, measured: boolean): Promise<string> {
    const { connection, tracker } = this.#stage;
    const object = await this.#withPriorityClass(given);
    // The pod as it was given has the priority, which the class hides.
    const key = tracker.announce(given, namespace, measured);
    await connection.send("POST", collectionOf(object, namespace), object);
    tracker.acknowledge(key);
    return key;
  }

  /** An API server refuses a bare priority, which scheduler_perf's own server accepts, so a class of this value stands for it. */
  async #withPriorityClass(pod: KubernetesObject): Promise<KubernetesObject> {
    const { priority, ...spec } = pod.spec as { readonly priority?: number; readonly priorityClassName?: string };
    if (priority === undefined || spec.priorityClassName !== undefined) return pod;
    const name = `nodeforge-bench-${priority < 0 ? "minus-" : ""}${Math.abs(priority)}`;
    const apiVersion = "scheduling.k8s.io/v1";
    const object = labelled({ apiVersion, kind: "PriorityClass", metadata: { name }, value: priority });
    const create = async () => {
      await this.#stage.connection.send("POST", collectionOf(object, ""), object);
    };
    let created = this.#priorityClasses.get(name);
    if (created === undefined) this.#priorityClasses.set(name, (created = create()));
    await created;
    return { ...pod, spec: { ...spec, priorityClassName: name } };
  }

  /** Replaces each scheduled pod by another one for some time, as scheduler_perf's steady state does. */
  async #keepSteady({ namespace, pod, count }: PodBatch, seconds: number, measured: boolean): Promise<void> {
    const { connection, signal, tracker } = this.#stage;
    const batch = this.#batch++;
    const replaced: Promise<unknown>[] = [];
    let next = count;
    const remove = tracker.onBound((name, boundIn) => {
      if (boundIn !== namespace) return;
      const index = next++;
      const replace = async () => {
        const path = `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`;
        // The pod may be gone, because another one preempted it.
        await connection.send("DELETE", path).catch(() => undefined);
        await this.#createPod(this.#podOf(pod(index), `pod-${batch}-${index}`), namespace, measured);
      };
      const replacement = replace();
      // A refusal fails the operation at its end, and is no unhandled one until then.
      replacement.catch(() => undefined);
      replaced.push(replacement);
    });
    try {
      await sleep(seconds * 1000, undefined, { signal });
    } finally {
      remove();
      await Promise.allSettled(replaced);
    }
    await Promise.all(replaced);
  }

  async #deletePods(operation: Extract<Operation, { readonly opcode: "deletePods" }>): Promise<void> {
    const { connection, signal } = this.#stage;
    const { namespace, labelSelector, perSecond, skipWaitToCompletion } = operation;
    const collection = `/api/v1/namespaces/${namespace}/pods`;
    const selected = Object.entries(labelSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    const query = selected.length === 0 ? "" : `?labelSelector=${encodeURIComponent(selected.join(","))}`;
    interface Names {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    }
    const { items } = await connection.send<Names>("GET", `${collection}${query}`);
    const remove = async () => {
      const begin = this.#stage.clock();
      for (const [index, { metadata }] of items.entries()) {
        if (perSecond !== undefined) {
          await sleep(Math.max(0, begin + (index * 1000) / perSecond - this.#stage.clock()), undefined, { signal });
        }
        await connection.send("DELETE", `${collection}/${metadata.name}?gracePeriodSeconds=0`);
      }
    };
    const done = remove();
    done.catch(() => undefined);
    if (skipWaitToCompletion) this.#churns.push({ stop: new AbortController(), done });
    else await done;
  }

  /** Creates objects at an interval beside the following operations, until the workload ends. */
  #churn({ mode, number, intervalMilliseconds, namespace, templates }: Extract<Operation, { opcode: "churn" }>): void {
    const { connection, signal } = this.#stage;
    const stop = new AbortController();
    const either = AbortSignal.any([stop.signal, signal]);
    const loop = async () => {
      await this.#ensureNamespace(namespace);
      const present: string[] = [];
      for (let index = 0; !either.aborted; index++) {
        const removed = mode === "recreate" && present.length >= number * templates.length;
        for (const path of removed ? present.splice(0, templates.length) : []) {
          await connection.send("DELETE", `${path}?gracePeriodSeconds=0`).catch(() => undefined);
        }
        for (const [which, template] of templates.entries()) {
          present.push(await this.#create(template(index), namespace, `churn-${which}-${index}`));
        }
        await sleep(intervalMilliseconds, undefined, { signal: either });
      }
    };
    const done = loop();
    // A refusal fails the workload at its end, and is no unhandled one until then.
    done.catch(() => undefined);
    this.#churns.push({ stop, done });
  }

  async #replay({ namespace, events }: Extract<Operation, { readonly opcode: "replay" }>): Promise<void> {
    const { connection, clock, signal, tracker } = this.#stage;
    await this.#ensureNamespace(namespace);
    await this.#open();
    const begin = clock();
    let pods = 0;
    const running: Promise<string | undefined>[] = [];
    for (const { at, create, remove } of events) {
      await sleep(Math.max(0, begin + at * 1000 - clock()), undefined, { signal });
      if (create !== undefined) {
        const object = this.#podOf(create, `replay-${pods++}`);
        const created = this.#createPod(object, namespace, true);
        // A refusal fails the replay at its end, and is no unhandled one until then.
        created.catch(() => undefined);
        running.push(created);
      } else if (remove !== undefined) {
        const path = `/api/v1/namespaces/${namespace}/pods/${remove}?gracePeriodSeconds=0`;
        // The pod may be gone, because another one preempted it.
        running.push(
          connection.send("DELETE", path).then(
            () => undefined,
            () => undefined,
          ),
        );
      }
    }
    await tracker.wait(
      (await Promise.all(running)).filter((key) => key !== undefined),
      "attempted",
      signal,
    );
    await this.#close();
  }

  /** @throws when the object's namespace is not the benchmark's, which could not be cleaned. */
  async #create(object: KubernetesObject, namespace: string, fallback?: string): Promise<string> {
    const named = withName(object, fallback ?? `object-${this.#objects++}`);
    if (named.kind === "Namespace") {
      await this.#ensureNamespace(nameOf(named), named.metadata);
      return `/api/v1/namespaces/${nameOf(named)}`;
    }
    const ready = named.kind === "Pod" ? this.#podOf(named, fallback ?? "pod") : labelled(withTaint(named));
    const collection = collectionOf(ready, namespace);
    const own = /\/namespaces\/([^/]+)\//.exec(collection)?.[1];
    if (own !== undefined) await this.#ensureNamespace(own);
    const sent = ready.kind === "Pod" ? await this.#withPriorityClass(ready) : ready;
    await this.#stage.connection.send("POST", collection, sent);
    return `${collection}/${nameOf(named)}`;
  }

  async #ensureNamespace(name: string, metadata: KubernetesObject["metadata"] = {}): Promise<void> {
    if (this.#namespaces.has(name)) return;
    await createNamespace(this.#stage.connection, name, metadata);
    this.#namespaces.add(name);
  }

  /** A pod of the workload, for the nodes that the scenario chooses. */
  #podOf(object: KubernetesObject, fallback: string): KubernetesObject {
    const named = labelled(withName(object, fallback));
    // A simulated node's taint keeps every pod of a scenario with real nodes away.
    if (this.#stage.nodes.real === "only") return named;
    const spec = named.spec as { readonly tolerations?: readonly object[]; readonly nodeSelector?: object };
    const { effect, key } = simulatedTaint;
    const toleration = { key, operator: "Exists", effect };
    return {
      ...named,
      spec: {
        ...spec,
        tolerations: [...(spec.tolerations ?? []), toleration],
        nodeSelector: { ...spec.nodeSelector, [simulatedLabel]: benchPool },
      },
    };
  }
}

function withName(object: KubernetesObject, fallback: string): KubernetesObject {
  const { name = fallback } = object.metadata as { readonly name?: string };
  // JSON leaves an undefined field out. A generated name would differ between repetitions.
  return { ...object, metadata: { ...object.metadata, name, generateName: undefined } };
}

/** A Node of a churn gets the taint of simulated nodes, so that no other pod of the cluster lands there. */
function withTaint(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "Node") return object;
  const spec = (object.spec ?? {}) as { readonly taints?: readonly object[] };
  return { ...object, spec: { ...spec, taints: [simulatedTaint, ...(spec.taints ?? [])] } };
}

function nameOf({ metadata }: KubernetesObject): string {
  return String((metadata as { readonly name?: unknown }).name);
}

function labelled(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, labels: { ...labelsOf(object), [benchLabel]: "true" } } };
}

/** Returns the times of Poisson arrivals in milliseconds. The same seed gives the same times. */
function arrivalTimes(rate: number, count: number, seed: number): readonly number[] {
  let state = seed >>> 0 || 1;
  let time = 0;
  return Array.from({ length: count }, () => {
    // Numerical Recipes' linear congruential generator is random enough for arrivals.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    time += (-Math.log(1 - state / 2 ** 32) / rate) * 1000;
    return time;
  });
}
