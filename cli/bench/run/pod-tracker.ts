import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, ObjectList, StoredObject } from "../../../lib/api-server.ts";
import type { KubernetesObject } from "../workload/operation.ts";
import { quantity } from "./quantity.ts";
import { isSelected, labelsOf, type Labels, type PodSelection } from "./pod-selection.ts";
import type { PodTimes } from "./repetition.ts";

/** Fields of a pod that the tracker reads. */
interface Pod extends StoredObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Stage that an operation waits for. */
export type PodStage = "attempted" | "bound" | "running";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Tracked {
  readonly labels: Labels;
  readonly measured: boolean;
  attempted: boolean;
  /** Without `acknowledged` until the API server has the pod. */
  readonly times: Mutable<Omit<PodTimes, "acknowledged">> & { acknowledged?: number };
}

interface Waiter {
  readonly stage: PodStage;
  readonly pending: Set<string>;
  readonly resolve: () => void;
}

/** Milliseconds between two watches, which a server that ends each one gets as a rest. */
const watchPause = 5;

/** Watches without an event, one after another. A server that ends so many does not serve this client. */
const mostSilentWatches = 20;

/**
 * Follows the pods of a repetition by one watch of the API server, on one monotonic clock.
 *
 * The times of a pod's conditions have whole seconds, so no time comes from the object.
 */
export class PodTracker {
  readonly #clock: () => number;
  readonly #pods = new Map<string, Tracked>();
  readonly #waiters = new Set<Waiter>();
  #listener: ((name: string, namespace: string) => void) | undefined;
  #ended = false;
  #failure: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  /** @param clock Milliseconds since the start of the repetition. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Starts to watch. The connection is the watch's own, and its end ends the watch. */
  async follow(connection: Connection): Promise<void> {
    const { metadata } = await connection.send<ObjectList<Pod>>("GET", "/api/v1/pods?limit=1");
    void this.#follow(connection, metadata.resourceVersion);
  }

  /** Tells that no further event is expected, so that the end of the watch is no fault. */
  end(): void {
    this.#ended = true;
  }

  /** Announces a pod before it is created. @param measured Whether it counts for the result. */
  announce(object: KubernetesObject, namespace: string, measured: boolean): string {
    const name = String((object.metadata as { readonly name?: unknown }).name);
    const key = `${namespace}/${name}`;
    const created = this.#clock();
    const spec = object.spec as PodSpec;
    this.#pods.set(key, {
      ...{ measured, attempted: false, labels: labelsOf(object) },
      times: { name, namespace, created, priority: spec.priority ?? 0, requests: requestsOf(spec) },
    });
    return key;
  }

  /** Records that the API server has a pod. */
  acknowledge(key: string): void {
    const pod = this.#pods.get(key);
    if (pod !== undefined) pod.times.acknowledged = this.#clock();
  }

  /** Calls a listener for each pod that gets a node. @returns a function that removes the listener. */
  onBound(listener: (name: string, namespace: string) => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = undefined);
  }

  /** Keys of the announced pods that a selection has. */
  keys(selection: PodSelection): readonly string[] {
    return [...this.#pods]
      .filter(([, { times, labels }]) => isSelected(selection, times.namespace, labels))
      .map(([key]) => key);
  }

  /** Waits until every pod has reached a stage or was deleted. @throws when the watch ends before, or at the signal. */
  async wait(keys: Iterable<string>, stage: PodStage, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    const pending = new Set([...keys].filter((key) => !this.#reached(key, stage)));
    if (pending.size === 0) return;
    let waiter: Waiter | undefined;
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { stage, pending, resolve };
        this.#waiters.add(waiter);
        this.#reject = reject;
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener("abort", onAbort);
      });
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
      if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
      this.#reject = undefined;
    }
  }

  /** Pods that count for the result and that the API server accepted. */
  measured(): readonly PodTimes[] {
    return this.#accepted(true);
  }

  /** The other pods that the API server accepted. */
  unmeasured(): readonly PodTimes[] {
    return this.#accepted(false);
  }

  #accepted(wanted: boolean): readonly PodTimes[] {
    return [...this.#pods.values()].flatMap(({ measured, times }) => {
      const { acknowledged } = times;
      return measured === wanted && acknowledged !== undefined ? [{ ...times, acknowledged }] : [];
    });
  }

  async #follow(connection: Connection, from: string): Promise<void> {
    let version = from;
    let silent = 0;
    try {
      // A busy API server ends the watch of a slow client, in a burst many times. The next watch continues after the last
      // event, so none is lost.
      while (silent < mostSilentWatches) {
        silent++;
        const path = `/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=${version}`;
        for await (const { type, object } of connection.watch<Pod>(path)) {
          if (type === "ERROR")
            throw new Error(`the watch of the pods failed: ${JSON.stringify(object).slice(0, 300)}`);
          version = object.metadata.resourceVersion ?? version;
          silent = 0;
          if (type !== "BOOKMARK") this.#receive(type === "DELETED", object);
        }
        if (this.#ended) return;
        await sleep(watchPause);
      }
      throw new Error(`the API server ended ${mostSilentWatches} watches of the pods before an event`);
    } catch (error) {
      if (this.#ended) return;
      this.#failure = error as Error;
      this.#reject?.(this.#failure);
    }
  }

  #receive(isDeletion: boolean, { metadata, spec, status }: Pod): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const pod = this.#pods.get(key);
    if (pod === undefined) return;
    const now = this.#clock();
    if (isDeletion) pod.times.deleted ??= now;
    const wasBound = pod.times.bound !== undefined;
    if (spec?.nodeName) {
      pod.times.bound ??= now;
      pod.times.node ??= spec.nodeName;
    }
    if (status?.phase === "Running") pod.times.running ??= now;
    pod.attempted ||= status?.conditions?.some(({ type }) => type === "PodScheduled") ?? false;
    for (const { stage, pending, resolve } of this.#waiters) {
      if (this.#reached(key, stage) && pending.delete(key) && pending.size === 0) resolve();
    }
    if (!wasBound && pod.times.bound !== undefined) this.#listener?.(metadata.name, pod.times.namespace);
  }

  #reached(key: string, stage: PodStage): boolean {
    const pod = this.#pods.get(key);
    if (pod === undefined || pod.times.deleted !== undefined) return true;
    if (stage === "running") return pod.times.running !== undefined;
    return pod.times.bound !== undefined || (stage === "attempted" && pod.attempted);
  }
}

type Amounts = Readonly<Record<string, unknown>>;

interface PodSpec {
  readonly priority?: number;
  readonly containers?: readonly {
    readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
  }[];
}

/**
 * Sum of the containers' requests: cores, bytes, and units of other resources. The limit of a resource is the default of its
 * request, as in the API server.
 */
function requestsOf({ containers = [] }: PodSpec): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { resources } of containers) {
    for (const [name, value] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
      sums[name] = (sums[name] ?? 0) + quantity(String(value));
    }
  }
  return sums;
}
