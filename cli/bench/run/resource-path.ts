import type { KubernetesObject } from "../workload/operation.ts";

/** A kind of object that a workload may create. */
interface ResourceKind {
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Kinds that upstream's workloads create, by `apiVersion kind`. Each is deleted after a repetition. */
const kinds: Readonly<Record<string, ResourceKind>> = {
  "v1 Pod": { group: "/api/v1", plural: "pods", namespaced: true },
  "v1 Service": { group: "/api/v1", plural: "services", namespaced: true },
  "v1 ConfigMap": { group: "/api/v1", plural: "configmaps", namespaced: true },
  "v1 Secret": { group: "/api/v1", plural: "secrets", namespaced: true },
  "v1 PersistentVolumeClaim": { group: "/api/v1", plural: "persistentvolumeclaims", namespaced: true },
  "v1 PersistentVolume": { group: "/api/v1", plural: "persistentvolumes", namespaced: false },
  "v1 Node": { group: "/api/v1", plural: "nodes", namespaced: false },
  "apps/v1 DaemonSet": { group: "/apis/apps/v1", plural: "daemonsets", namespaced: true },
  "apps/v1 Deployment": { group: "/apis/apps/v1", plural: "deployments", namespaced: true },
  "apps/v1 ReplicaSet": { group: "/apis/apps/v1", plural: "replicasets", namespaced: true },
  "batch/v1 Job": { group: "/apis/batch/v1", plural: "jobs", namespaced: true },
  "scheduling.k8s.io/v1 PriorityClass": {
    group: "/apis/scheduling.k8s.io/v1",
    plural: "priorityclasses",
    namespaced: false,
  },
  "policy/v1 PodDisruptionBudget": { group: "/apis/policy/v1", plural: "poddisruptionbudgets", namespaced: true },
};

/** Collections of objects that belong to no namespace. Those of a namespace are deleted with it. */
export const clusterCollections = Object.values(kinds)
  .filter(({ namespaced }) => !namespaced)
  .map(({ group, plural }) => `${group}/${plural}`);

/** Collections of controllers, which would recreate deleted pods. */
export function controllerCollections(namespace: string): readonly string[] {
  return collectionsIn(namespace, isController);
}

/** Collections of other objects of a namespace that a workload may leave. Its pods are deleted first. */
export function plainCollections(namespace: string): readonly string[] {
  return collectionsIn(namespace, (kind) => !isController(kind) && kind.plural !== "pods");
}

function isController({ group }: ResourceKind): boolean {
  return group === "/apis/apps/v1" || group === "/apis/batch/v1";
}

function collectionsIn(namespace: string, accept: (kind: ResourceKind) => boolean): readonly string[] {
  return Object.values(kinds)
    .filter((kind) => kind.namespaced && accept(kind))
    .map(({ group, plural }) => `${group}/namespaces/${namespace}/${plural}`);
}

/** Collections of objects whose deletion waits until a controller has removed their finalizers, claims before volumes. */
export function guardedCollections(namespaces: readonly string[]): readonly string[] {
  return [
    ...namespaces.map((namespace) => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`),
    "/api/v1/persistentvolumes",
  ];
}

/**
 * Returns the path of the collection that an object is created in.
 * @param namespace Namespace of an object that names none.
 * @throws when the kind is none that a benchmark creates.
 */
export function collectionOf({ apiVersion, kind, metadata }: KubernetesObject, namespace: string): string {
  const found = kinds[`${apiVersion} ${kind}`];
  if (found === undefined) {
    throw new Error(
      `the workload creates a ${apiVersion} ${kind}, expected one of ${Object.keys(kinds).join(", ")}. ` +
        "Fix: remove the operation, or create the object before the benchmark",
    );
  }
  const { group, plural, namespaced } = found;
  const own = (metadata as { readonly namespace?: string }).namespace ?? namespace;
  return namespaced ? `${group}/namespaces/${own}/${plural}` : `${group}/${plural}`;
}
