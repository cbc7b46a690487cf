import { setTimeout as sleep } from "node:timers/promises";
import type { Operation, PodBatch, Workload } from "../workload/operation.ts";
import { startChurn, type Background } from "./churn.ts";
import { PodCreation } from "./pod-creation.ts";
import { isSelected, labelsOf, type PodSelection } from "./pod-selection.ts";
import type { PodStage } from "./pod-tracker.ts";
import { replay } from "./replay.ts";
import type { Stage } from "./stage.ts";
import { WorkloadObjects } from "./workload-objects.ts";

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
    await performance.stopBackground();
  }
}

/** Namespace of objects without one. The cluster's `default` may have objects of the user. */
const plainNamespace = "nodeforge-bench";

/** How pods arrive, and whether they are measured. */
interface Arrivals {
  readonly collectMetrics: boolean;
  readonly skipWaitToCompletion?: boolean;
  readonly steadyStateSeconds?: number;
}

class Performance {
  readonly #stage: Stage;
  readonly #objects: WorkloadObjects;
  readonly #creation: PodCreation;
  readonly #background: Background[] = [];
  /** Pods that are measured between two operations. */
  #collecting: PodSelection | undefined;
  #start: number | undefined;
  #end: number | undefined;
  /** Whether the scheduler under test runs, with a cold cache. Before it, another one may run. */
  #started = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#objects = new WorkloadObjects(stage);
    this.#creation = new PodCreation(stage, this.#objects);
  }

  async run(operation: Operation): Promise<void> {
    const { signal, tracker } = this.#stage;
    signal.throwIfAborted();
    if (!this.#started && this.#needsScheduler(operation)) await this.#startScheduler();
    switch (operation.opcode) {
      // Nodes are the same in all repetitions.
      case "createNodes":
        return;
      case "createNamespaces":
        for (const name of operation.names) await this.#objects.ensureNamespace(name);
        return;
      case "createPods":
        return this.#createPods([operation.pods], operation);
      case "createPodSets":
        return this.#createPods(operation.sets, operation);
      case "deletePods":
        return this.#deletePods(operation);
      case "churn":
        return void this.#background.push(startChurn(operation, this.#stage, this.#objects));
      case "barrier":
        return tracker.wait(
          tracker.keys(operation),
          operation.stage === "Attempted" ? "attempted" : this.#done(),
          signal,
        );
      case "sleep":
        return sleep(operation.seconds * 1000, undefined, { signal });
      case "createAny":
        for (const object of operation.objects)
          await this.#objects.create(object, operation.namespace ?? plainNamespace);
        return;
      case "startCollectingMetrics":
        this.#collecting = operation;
        return this.#open();
      case "stopCollectingMetrics":
        this.#collecting = undefined;
        return this.#close();
      case "replay":
        await this.#objects.ensureNamespace(operation.namespace);
        await this.#open();
        await replay(operation, this.#stage, this.#objects, this.#creation);
        return this.#close();
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

  /** Ends what runs beside the operations. @throws the first refusal of an object. */
  async stopBackground(): Promise<void> {
    for (const { stop } of this.#background) stop.abort();
    for (const result of await Promise.allSettled(this.#background.map(({ done }) => done))) {
      if (result.status === "rejected" && (result.reason as Error).name !== "AbortError") throw result.reason;
    }
  }

  /** Whether pods of the operation may be bound before a backlog starts the scheduler. An emulated start takes 14 s. */
  #needsScheduler(operation: Operation): boolean {
    switch (operation.opcode) {
      case "createNodes":
      case "createNamespaces":
        return false;
      case "createPods":
      case "createPodSets":
        return !this.#isBacklog(operation);
      default:
        return true;
    }
  }

  async #startScheduler(): Promise<void> {
    await this.#stage.start();
    this.#started = true;
  }

  #isBacklog({ collectMetrics, steadyStateSeconds }: Arrivals): boolean {
    return collectMetrics && this.#stage.arrival === "backlog" && steadyStateSeconds === undefined;
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

  async #createPods(batches: readonly PodBatch[], arrivals: Arrivals): Promise<void> {
    const { signal, tracker } = this.#stage;
    const { collectMetrics, skipWaitToCompletion = false, steadyStateSeconds } = arrivals;
    for (const { namespace } of batches) await this.#objects.ensureNamespace(namespace);
    const isBacklog = this.#isBacklog(arrivals);
    if (isBacklog) await this.#stage.pause();
    if (collectMetrics) await this.#open();
    const selection = this.#collecting;
    const isMeasured = ({ namespace, pod }: PodBatch) =>
      collectMetrics || (selection !== undefined && isSelected(selection, namespace, labelsOf(pod(0))));
    const keys: string[] = [];
    for (const batch of batches) keys.push(...(await this.#creation.createBatch(batch, isMeasured(batch))));
    if (isBacklog) await this.#startScheduler();
    if (steadyStateSeconds !== undefined) {
      for (const batch of batches) await this.#creation.keepSteady(batch, steadyStateSeconds, isMeasured(batch));
    } else if (!skipWaitToCompletion) {
      await tracker.wait(keys, this.#done(), signal);
    }
    if (collectMetrics && !skipWaitToCompletion) await this.#close();
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
    if (skipWaitToCompletion) this.#background.push({ stop: new AbortController(), done });
    else await done;
  }
}
