import type { KubernetesObject } from "../workload/operation.ts";

/** A kind of object that a scheduler's manifests may have. */
interface ManifestKind {
  readonly group: string;
  readonly plural: string;
  /** Whether it belongs to a namespace. */
  readonly namespaced: boolean;
  /** Whether it makes pods. Its creation starts the scheduler, and its deletion ends it. */
  readonly hasPods?: true;
}

const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** Kinds by `apiVersion kind`, in the order of creation: pods need the others. */
const kinds: Readonly<Record<string, ManifestKind>> = {
  "v1 ServiceAccount": { group: "/api/v1", plural: "serviceaccounts", namespaced: true },
  "v1 ConfigMap": { group: "/api/v1", plural: "configmaps", namespaced: true },
  "v1 Secret": { group: "/api/v1", plural: "secrets", namespaced: true },
  "v1 Service": { group: "/api/v1", plural: "services", namespaced: true },
  "rbac.authorization.k8s.io/v1 Role": { group: rbac, plural: "roles", namespaced: true },
  "rbac.authorization.k8s.io/v1 RoleBinding": { group: rbac, plural: "rolebindings", namespaced: true },
  "rbac.authorization.k8s.io/v1 ClusterRole": { group: rbac, plural: "clusterroles", namespaced: false },
  "rbac.authorization.k8s.io/v1 ClusterRoleBinding": { group: rbac, plural: "clusterrolebindings", namespaced: false },
  "v1 Pod": { group: "/api/v1", plural: "pods", namespaced: true, hasPods: true },
  "apps/v1 Deployment": { group: "/apis/apps/v1", plural: "deployments", namespaced: true, hasPods: true },
  "apps/v1 StatefulSet": { group: "/apis/apps/v1", plural: "statefulsets", namespaced: true, hasPods: true },
};

const webhook = "it changes or refuses objects of the whole cluster, also those of the benchmark";
const anywhere = "its pods run on every node, also on simulated ones. Fix: use a Deployment";

/** Reasons against kinds that reach outside of the scheduler's own namespace, by kind. */
const refusedKinds: Readonly<Record<string, string>> = {
  MutatingWebhookConfiguration: webhook,
  ValidatingWebhookConfiguration: webhook,
  MutatingAdmissionPolicy: webhook,
  ValidatingAdmissionPolicy: webhook,
  APIService: "it replaces a part of the API server",
  CustomResourceDefinition:
    "its deletion deletes every object of its kind. Fix: install it before the benchmark, which then leaves it alone",
  DaemonSet: anywhere,
  Job: "it ends, and a scheduler does not. Fix: use a Deployment",
  CronJob: "it ends, and a scheduler does not. Fix: use a Deployment",
  Node: "the benchmark creates the nodes",
};

/** RoleBinding of kube-system that a scheduler needs to check the callers of its metrics. */
const authenticationReader = "extension-apiserver-authentication-reader";

/** Collections with objects of no namespace, which the deletion of the namespace leaves. */
export const clusterCollections: readonly string[] = Object.values(kinds)
  .filter(({ namespaced }) => !namespaced)
  .map(({ group, plural }) => `${group}/${plural}`);

/** Collection of the role bindings of kube-system. */
export const systemBindings = `${rbac}/namespaces/kube-system/rolebindings`;

/** Returns why an object may not be part of a scheduler; undefined where it may. @param namespace The scheduler's own. */
export function objectProblem(object: KubernetesObject, namespace: string): string | undefined {
  const name = nameOf(object);
  const what = `${object.kind} ${name ?? "without a name"}`;
  if (name === undefined) return `${what}: wanted metadata.name`;
  if (object.apiVersion === "v1" && object.kind === "Namespace") {
    return name === namespace
      ? undefined
      : `${what} is refused: a scheduler has the namespace ${namespace} only. Fix: set manifests.namespace to ${name}`;
  }
  const kind = kinds[`${object.apiVersion} ${object.kind}`];
  if (kind === undefined) {
    const reason = refusedKinds[object.kind];
    return `${what} is refused: ${reason ?? `${object.apiVersion} ${object.kind} is none of ${Object.keys(kinds).join(", ")}`}`;
  }
  const own = ownNamespace(object);
  if (!kind.namespaced || own === undefined || own === namespace || isAuthenticationReader(object)) return undefined;
  return `${what} is refused: it is in the namespace ${own}, and a scheduler has the namespace ${namespace} only`;
}

/** Returns the place of an object in the order of creation; -1 for a Namespace. */
export function rankOf({ apiVersion, kind }: KubernetesObject): number {
  return Object.keys(kinds).indexOf(`${apiVersion} ${kind}`);
}

/** Whether the object makes pods. */
export function hasPods({ apiVersion, kind }: KubernetesObject): boolean {
  return kinds[`${apiVersion} ${kind}`]?.hasPods ?? false;
}

/** Returns the API server's path of an object of a scheduler. @param namespace Of an object that names none. */
export function pathOf(object: KubernetesObject, namespace: string): string {
  const { group, plural, namespaced } = kinds[`${object.apiVersion} ${object.kind}`]!;
  const folder = namespaced ? `namespaces/${ownNamespace(object) ?? namespace}/${plural}` : plural;
  return `${group}/${folder}/${nameOf(object)}`;
}

/** Returns the name of an object; undefined without one. */
export function nameOf({ metadata }: KubernetesObject): string | undefined {
  const { name } = metadata;
  return typeof name === "string" && name !== "" ? name : undefined;
}

function ownNamespace({ metadata }: KubernetesObject): string | undefined {
  return typeof metadata.namespace === "string" ? metadata.namespace : undefined;
}

function isAuthenticationReader(object: KubernetesObject): boolean {
  const role = object.roleRef as { readonly kind?: string; readonly name?: string } | undefined;
  return (
    object.kind === "RoleBinding" &&
    ownNamespace(object) === "kube-system" &&
    role?.kind === "Role" &&
    role.name === authenticationReader
  );
}
