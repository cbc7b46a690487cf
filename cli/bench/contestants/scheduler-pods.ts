import { setTimeout as sleep } from "node:timers/promises";
import { unlessMissing, type Connection, type ObjectList } from "../../../lib/api-server.ts";

/** Label of every object of a scheduler of manifests. guest/bench-activate.sh deletes namespaces by it. */
export const schedulerLabel = "nodeforge.local/bench-scheduler";

const namespaces = "/api/v1/namespaces";

/** Seconds in which pods end, and in which a deleted namespace is gone. */
export const endSeconds = 180;

/** A pod of a scheduler, with the fields that its owner reads. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
    }[];
  };
}

/** Returns the pods of a scheduler in its namespace. */
export async function podsIn(connection: Connection, namespace: string): Promise<readonly Pod[]> {
  return (
    await connection.send<ObjectList<Pod>>("GET", `${namespaces}/${namespace}/pods?labelSelector=${schedulerLabel}`)
  ).items;
}

/** Ends pods, and waits until none is left. @param list Returns those that are there. */
export async function endPods(connection: Connection, list: () => Promise<readonly Pod[]>): Promise<void> {
  const end = Date.now() + endSeconds * 1000;
  for (;;) {
    const pods = await list();
    if (pods.length === 0) return;
    if (Date.now() > end) throw new Error(`${pods.length} pods of a scheduler are left after ${endSeconds} s`);
    // A forced deletion would forget a scheduler that still runs, so its containers get a time to end.
    for (const { metadata } of pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)) {
      const path = `${namespaces}/${metadata.namespace}/pods/${metadata.name}?gracePeriodSeconds=5`;
      await connection.send("DELETE", path).catch(unlessMissing);
    }
    await sleep(200);
  }
}

/** Whether a pod is Ready and is not being deleted. */
export function isReady({ metadata, status }: Pod): boolean {
  const isThere = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
  return isThere && metadata.deletionTimestamp === undefined;
}

/** Returns why a container does not start; none where each has started. */
export function waitingReason({ metadata, status }: Pod): readonly string[] {
  const waiting = status?.containerStatuses?.flatMap(({ state }) => state?.waiting ?? [])[0];
  return waiting === undefined
    ? []
    : [`${metadata.name} waits: ${waiting.reason ?? ""} ${waiting.message ?? ""}`.trim()];
}

/** Digest of pods. A pod that is replaced, or whose container starts again, has another cache, and another digest. */
export function digestOf(pods: readonly Pod[]): string {
  return pods
    .map(({ metadata, status }) =>
      [metadata.uid, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)].join(":"),
    )
    .toSorted()
    .join(" ");
}
