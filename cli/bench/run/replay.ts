import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "../workload/operation.ts";
import type { PodCreation } from "./pod-creation.ts";
import type { Stage } from "./stage.ts";
import type { WorkloadObjects } from "./workload-objects.ts";

/** Creates and deletes the pods of a trace at their times, and waits until each was attempted. Its namespace exists already. */
export async function replay(
  { namespace, events }: Extract<Operation, { readonly opcode: "replay" }>,
  stage: Stage,
  objects: WorkloadObjects,
  creation: PodCreation,
): Promise<void> {
  const { connection, clock, signal, tracker } = stage;
  const begin = clock();
  let pods = 0;
  const running: Promise<string | undefined>[] = [];
  for (const { at, create, remove } of events) {
    await sleep(Math.max(0, begin + at * 1000 - clock()), undefined, { signal });
    if (create !== undefined) {
      const object = objects.podOf(create, `replay-${pods++}`);
      const created = creation.createPod(object, namespace, true);
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
}
