import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import type { KubernetesObject, PodBatch } from "../workload/operation.ts";
import { collectionOf } from "./resource-path.ts";
import { atOnce, type Stage } from "./stage.ts";
import type { WorkloadObjects } from "./workload-objects.ts";

/** Creates the pods of one run of a workload. The tracker of the stage follows them. */
export class PodCreation {
  readonly #stage: Stage;
  readonly #objects: WorkloadObjects;
  #batch = 0;

  constructor(stage: Stage, objects: WorkloadObjects) {
    this.#stage = stage;
    this.#objects = objects;
  }

  /** Creates the pods of a batch at the pace of the scenario; pods that are not measured as fast as possible. */
  async createBatch({ count, namespace, pod, volume }: PodBatch, measured: boolean): Promise<readonly string[]> {
    const { arrival, clock, signal } = this.#stage;
    const batch = this.#batch++;
    const objects = Array.from({ length: count }, (_, index) =>
      this.#objects.podOf(pod(index), `pod-${batch}-${index}`),
    );
    const begin = clock();
    const gaps =
      typeof arrival === "object" && measured ? arrivalTimes(arrival.rate, count, this.#stage.seed) : undefined;
    return pMap(
      objects,
      async (object, index) => {
        if (gaps !== undefined) await sleep(Math.max(0, begin + gaps[index]! - clock()), undefined, { signal });
        if (volume !== undefined) await this.#objects.createVolume(volume(index));
        return this.createPod(object, namespace, measured);
      },
      { concurrency: atOnce, signal },
    );
  }

  /** Creates a pod, and returns its key in the tracker. @param measured Whether it counts for the result. */
  async createPod(given: KubernetesObject, namespace: string, measured: boolean): Promise<string> {
    const { connection, tracker } = this.#stage;
    const object = await this.#objects.withPriorityClass(given);
    // The pod as it was given has the priority, which the class hides.
    const key = tracker.announce(given, namespace, measured);
    await connection.send("POST", collectionOf(object, namespace), object);
    tracker.acknowledge(key);
    return key;
  }

  /** Replaces each scheduled pod by another one for some time, as scheduler_perf's steady state does. */
  async keepSteady({ namespace, pod, count }: PodBatch, seconds: number, measured: boolean): Promise<void> {
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
        await this.createPod(this.#objects.podOf(pod(index), `pod-${batch}-${index}`), namespace, measured);
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
