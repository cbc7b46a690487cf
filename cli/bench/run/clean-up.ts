import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import {
  Refusal,
  unlessMissing,
  type Connection,
  type ObjectList,
  type StoredObject,
} from "../../../lib/api-server.ts";
import { clusterCollections, controllerCollections, guardedCollections, plainCollections } from "./resource-path.ts";
import { atOnce } from "./stage.ts";

/** Label of every object that a benchmark creates, so that the next one finds what a killed one left. */
export const benchLabel = "nodeforge.local/bench";

const namespaces = "/api/v1/namespaces";
const selector = `labelSelector=${encodeURIComponent(benchLabel)}`;

/** Minutes in which a cluster deletes the pods of a repetition; an emulated one deletes about 40 a second. */
const cleanMinutes = 15;

/** Pods of one list. A pod has about 5 KB, so that a list has 5 MB. */
const podsOfPage = 1_000;

/** Seconds in which the controller manager creates a service account; an emulated one needs about three. */
const accountSeconds = 120;

/** Seconds in which the controller manager deletes an empty namespace; an emulated one needs about ten. */
const namespaceSeconds = 300;

/** Tries of one deletion. An API server gives up a deletion of many objects after a minute; the next one goes on. */
const mostTries = 10;

/** Creates a namespace of the benchmark unless it exists. @throws when it exists and is not the benchmark's. */
export async function createNamespace(
  connection: Connection,
  name: string,
  { labels = {} }: { readonly labels?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const metadata = { name, labels: { ...labels, [benchLabel]: "true" } };
  const end = Date.now() + namespaceSeconds * 1000;
  for (;;) {
    try {
      await connection.send("POST", namespaces, { apiVersion: "v1", kind: "Namespace", metadata });
      return await defaultAccount(connection, name);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error;
      if (await isOwn(connection, name, error)) return await defaultAccount(connection, name);
    }
    // The end of the benchmark before has deleted it, and its pods would be refused.
    if (Date.now() > end) throw new Error(`the namespace ${name} is still being deleted after ${namespaceSeconds} s`);
    await sleep(500);
  }
}

/** Whether a namespace of the benchmark exists and is not being deleted. @throws when it is not the benchmark's. */
async function isOwn(connection: Connection, name: string, cause: Refusal): Promise<boolean> {
  const found = await connection.send<LabelledObject>("GET", `${namespaces}/${name}`).catch(unlessMissing);
  // It has just been deleted.
  if (found === undefined) return false;
  if (found.metadata.labels?.[benchLabel] === undefined) {
    throw new Error(
      `the namespace ${name} exists and is not the benchmark's. Fix: name another namespace in the workload`,
      { cause },
    );
  }
  return found.metadata.deletionTimestamp === undefined;
}

/** Waits for the service account without which the API server refuses pods. The controller manager creates it. */
async function defaultAccount(connection: Connection, namespace: string): Promise<void> {
  const end = Date.now() + accountSeconds * 1000;
  while (!(await connection.exists(`${namespaces}/${namespace}/serviceaccounts/default`))) {
    if (Date.now() > end) {
      throw new Error(
        `the namespace ${namespace} has no service account after ${accountSeconds} s. ` +
          "Fix: look at the unit kube-controller-manager of the control plane, e.g. with npm run diagnose",
      );
    }
    await sleep(100);
  }
}

/** Deletes every object that repetitions created, and waits until no pod is left. Keeps the empty namespaces. */
export async function clean(connection: Connection, signal?: AbortSignal): Promise<void> {
  const names = await ownNamespaces(connection);
  const controllers = names.flatMap((name) => controllerCollections(name));
  await pMap(controllers, (path) => deleteAll(connection, `${path}?propagationPolicy=Background`), { concurrency: 8 });
  await pMap(names, (name) => deletePods(connection, name, signal), { concurrency: 4 });
  const others = [...names.flatMap((name) => plainCollections(name)), ...clusterCollections];
  await pMap(others, (path) => deleteAll(connection, `${path}?${selector}`), { concurrency: 8 });
  for (const path of guardedCollections(names)) await removeFinalizers(connection, path);
}

/** Deletes the namespaces of the benchmark. */
export async function deleteNamespaces(connection: Connection): Promise<void> {
  for (const name of await ownNamespaces(connection)) await connection.send("DELETE", `${namespaces}/${name}`);
}

interface LabelledObject extends StoredObject {
  readonly metadata: StoredObject["metadata"] & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
}

async function ownNamespaces(connection: Connection): Promise<readonly string[]> {
  const { items } = await connection.send<ObjectList<StoredObject>>("GET", `${namespaces}?${selector}`);
  return items.map(({ metadata }) => metadata.name);
}

/**
 * Completes the deletion of volumes and claims, which have no storage and no pod any more. The controller manager would do it 20
 * times a second.
 */
async function removeFinalizers(connection: Connection, path: string): Promise<void> {
  const { items } = await connection.send<ObjectList<StoredObject>>("GET", `${path}?${selector}`);
  const remove = ({ metadata }: StoredObject) =>
    connection
      .send("PATCH", `${path}/${metadata.name}`, { metadata: { finalizers: null } }, "application/merge-patch+json")
      // The controller manager may be faster.
      .catch(unlessMissing);
  await pMap(items, remove, { concurrency: atOnce });
}

/**
 * Deletes the pods of a namespace, and waits until none is left. An API server deletes a collection one pod after another, and
 * an emulated one took 16 s for 60 pods. Single deletions run side by side.
 */
async function deletePods(connection: Connection, namespace: string, signal?: AbortSignal): Promise<void> {
  const path = `${namespaces}/${namespace}/pods`;
  const end = Date.now() + cleanMinutes * 60_000;
  for (;;) {
    const { items } = await connection.send<ObjectList<StoredObject>>("GET", `${path}?limit=${podsOfPage}`);
    if (items.length === 0) return;
    if (Date.now() > end) throw new Error(`pods of the benchmark are left in ${namespace} after ${cleanMinutes} min`);
    const remove = ({ metadata: { name } }: StoredObject) =>
      connection.send("DELETE", `${path}/${name}?gracePeriodSeconds=0`).catch(unlessMissing);
    await pMap(items, remove, { concurrency: atOnce });
    // A pod with a finalizer is deleted only after its controller has removed it.
    await sleep(200, undefined, signal === undefined ? {} : { signal });
  }
}

async function deleteAll(connection: Connection, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await connection.send("DELETE", path);
      return;
    } catch (error) {
      // 405: services cannot be deleted together in every release; the namespace's deletion takes them.
      if (error instanceof Refusal && error.status === 405) return;
      if (tries === mostTries) throw error;
    }
  }
}
