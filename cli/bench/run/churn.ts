import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "../workload/operation.ts";
import type { Stage } from "./stage.ts";
import type { WorkloadObjects } from "./workload-objects.ts";

/** Work beside the operations of a workload. */
export interface Background {
  readonly stop: AbortController;
  /** Rejects at the first refusal, and where it was stopped. */
  readonly done: Promise<void>;
}

/** Creates objects at an interval beside the following operations, until it is stopped. */
export function startChurn(
  { mode, number, intervalMilliseconds, namespace, templates }: Extract<Operation, { readonly opcode: "churn" }>,
  stage: Pick<Stage, "connection" | "signal">,
  objects: WorkloadObjects,
): Background {
  const { connection, signal } = stage;
  const stop = new AbortController();
  const either = AbortSignal.any([stop.signal, signal]);
  const loop = async () => {
    await objects.ensureNamespace(namespace);
    const present: string[] = [];
    for (let index = 0; !either.aborted; index++) {
      const removed = mode === "recreate" && present.length >= number * templates.length;
      for (const path of removed ? present.splice(0, templates.length) : []) {
        await connection.send("DELETE", `${path}?gracePeriodSeconds=0`).catch(() => undefined);
      }
      for (const [which, template] of templates.entries()) {
        present.push(await objects.create(template(index), namespace, `churn-${which}-${index}`));
      }
      await sleep(intervalMilliseconds, undefined, { signal: either });
    }
  };
  const done = loop();
  // A refusal fails the workload at its end, and is no unhandled one until then.
  done.catch(() => undefined);
  return { stop, done };
}
