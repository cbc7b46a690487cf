import { setTimeout as sleep } from "node:timers/promises";
import { Connection, unlessMissing, type Identity, type ObjectList, type Server } from "../../../lib/api-server.ts";
import type { KubernetesObject } from "../workload/operation.ts";
import type { ManifestSet } from "./contestant.ts";
import { clusterCollections, hasPods, nameOf, pathOf, systemBindings } from "./manifest-kinds.ts";
import { podTemplateOf, withPodTemplate } from "./pod-template.ts";
import type { SchedulerPods } from "./scheduler-control.ts";
import {
  digestOf,
  endPods,
  endSeconds,
  isReady,
  podsIn,
  schedulerLabel as label,
  waitingReason,
  type Pod,
} from "./scheduler-pods.ts";

const selector = `labelSelector=${label}`;

const namespaces = "/api/v1/namespaces";

/** Seconds in which the pods are Ready; an emulated control plane needs about one minute. */
const readySeconds = 300;

interface Named {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
}

/** A scheduler as pods of the control plane, which manifests describe. */
export class ManifestScheduler {
  readonly #server: Server;
  readonly #administrator: Identity;
  /** Uids of the pods that were started last. */
  #started = "";
  #seen = "";

  constructor(server: Server, administrator: Identity) {
    this.#server = server;
    this.#administrator = administrator;
  }

  /**
   * Applies the manifests, and waits until every pod is Ready. The pods name the control plane as their node, because no
   * scheduler runs that could choose one.
   * @throws when an object exists that is not the scheduler's, or a pod is not Ready in time.
   */
  async start(name: string, { namespace, objects }: ManifestSet): Promise<void> {
    using connection = this.#connect();
    const nodes = await connection.send<ObjectList<Named>>(
      "GET",
      "/api/v1/nodes?labelSelector=node-role.kubernetes.io%2Fcontrol-plane",
    );
    const nodeName = nodes.items[0]?.metadata.name ?? "";
    await ensureNamespace(connection, namespace, name);
    for (const object of objects) await apply(connection, prepared(object, name, nodeName), namespace);
    const wanted = objects.reduce((sum, object) => sum + podsOf(object), 0);
    const end = Date.now() + readySeconds * 1000;
    for (;;) {
      const pods = await podsIn(connection, namespace);
      if (pods.length >= wanted && pods.every(isReady)) {
        this.#started = this.#seen = digestOf(pods);
        return;
      }
      if (Date.now() > end) {
        const why = pods.flatMap(waitingReason)[0] ?? `${pods.filter(isReady).length} of ${wanted} pods are Ready`;
        throw new Error(
          `${name} is not Ready after ${readySeconds} s: ${why}. ` +
            "Fix: name the tar files of its images in manifests.images, or correct its manifests",
        );
      }
      await sleep(500);
    }
  }

  /** Ends the pods, and keeps everything else for the next start. */
  async stop({ namespace, objects }: ManifestSet): Promise<void> {
    this.#started = "";
    using connection = this.#connect();
    for (const object of objects.filter(hasPods)) {
      await connection.send("DELETE", `${pathOf(object, namespace)}?propagationPolicy=Background`).catch(unlessMissing);
    }
    await endPods(connection, () => podsIn(connection, namespace));
  }

  /** Returns its present pods. */
  async observe({ namespace, url }: ManifestSet): Promise<SchedulerPods> {
    using connection = this.#connect();
    const pods = await podsIn(connection, namespace);
    this.#seen = digestOf(pods);
    const [first] = pods;
    const address = first?.status?.podIP;
    return {
      uids: pods.map(({ metadata }) => metadata.uid),
      ...(url === undefined || address === undefined ? {} : { url: url.replace("{pod}", address) }),
    };
  }

  /** Whether the pods that were started last still ran at the last observation, without a restart. */
  get ran(): boolean {
    return this.#started !== "" && this.#seen === this.#started;
  }

  /** Deletes every object of every scheduler of manifests, also those of a killed benchmark. */
  async remove(): Promise<void> {
    this.#started = "";
    using connection = this.#connect();
    const list = (path: string) => connection.send<ObjectList<Named>>("GET", `${path}?${selector}`);
    for (const { metadata } of (await list(namespaces)).items) {
      await connection.send("DELETE", `${namespaces}/${metadata.name}`).catch(unlessMissing);
    }
    for (const collection of [...clusterCollections, systemBindings]) {
      for (const { metadata } of (await list(collection)).items) {
        await connection.send("DELETE", `${collection}/${metadata.name}`).catch(unlessMissing);
      }
    }
    const pods = async () => (await connection.send<ObjectList<Pod>>("GET", `/api/v1/pods?${selector}`)).items;
    await endPods(connection, pods);
  }

  #connect(): Connection {
    return new Connection(this.#server, this.#administrator);
  }
}

/** Applies an object by server-side apply, which also takes back a change of an earlier start. */
async function apply(connection: Connection, object: KubernetesObject, namespace: string): Promise<void> {
  const path = pathOf(object, namespace);
  await refuseForeign(connection, path, `${object.kind} ${nameOf(object)}`);
  await connection.send(
    "PATCH",
    `${path}?fieldManager=nodeforge-bench&force=true`,
    object,
    "application/apply-patch+yaml",
  );
}

/** @throws when the object exists and is not the benchmark's, whose end would delete it. */
async function refuseForeign(connection: Connection, path: string, what: string): Promise<Named | undefined> {
  const found = await connection.send<Named>("GET", path).catch(unlessMissing);
  if (found === undefined || found.metadata.labels?.[label] !== undefined || isMadeByCluster(path)) return found;
  throw new Error(
    `${what} exists in the cluster and is not the benchmark's. Fix: give the manifest's object another name`,
  );
}

/** The controller manager creates this account in every namespace. */
function isMadeByCluster(path: string): boolean {
  return path.endsWith("/serviceaccounts/default");
}

async function ensureNamespace(connection: Connection, namespace: string, name: string): Promise<void> {
  const path = `${namespaces}/${namespace}`;
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { [label]: name } } };
  const end = Date.now() + endSeconds * 1000;
  for (;;) {
    const found = await refuseForeign(connection, path, `Namespace ${namespace}`);
    // The end of the benchmark before may still delete it.
    if (found === undefined) await connection.send("POST", namespaces, body);
    else if (found.metadata.deletionTimestamp === undefined && (await hasAccount(connection, path))) return;
    if (Date.now() > end) throw new Error(`the namespace ${namespace} is not usable after ${endSeconds} s`);
    await sleep(200);
  }
}

/** Without this account the API server refuses pods. */
function hasAccount(connection: Connection, namespacePath: string): Promise<boolean> {
  return connection.exists(`${namespacePath}/serviceaccounts/default`);
}

/** Labels an object, and puts its pods on the control plane. */
function prepared(object: KubernetesObject, name: string, nodeName: string): KubernetesObject {
  const labels = { [label]: name };
  const { metadata } = object as { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } };
  const labelled = { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
  return withPodTemplate(labelled, (template) => ({
    ...template,
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } },
    spec: {
      ...template.spec,
      nodeName,
      containers: (template.spec.containers ?? []).map((container) => ({
        // The node has the image, and a registry may be out of reach.
        ...{ imagePullPolicy: "IfNotPresent" },
        ...container,
      })),
    },
  }));
}

function podsOf(object: KubernetesObject): number {
  if (podTemplateOf(object) === undefined) return 0;
  return (object["spec"] as { readonly replicas?: number }).replicas ?? 1;
}
