import type { Lab } from "../../test/e2e/lab.ts";

/** Properties that the API server gives to an object, and that another cluster must not get. */
const ownOfServer = ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "ownerReferences"];

/** A Kubernetes object as JSON. */
interface KubernetesObject {
  readonly metadata: Record<string, unknown>;
  status?: unknown;
}

/** Reads CoreDNS and the smoke check from the lab's cluster, as a list that another cluster accepts. */
export async function addonsOf(lab: Lab): Promise<string> {
  const kinds = [
    ["namespace/nodeforge-smoke"],
    ["clusterrole/nodeforge:coredns", "clusterrolebinding/nodeforge:coredns"],
    ["-n", "kube-system", "serviceaccount/coredns", "configmap/coredns", "deployment/coredns", "service/kube-dns"],
    ["-n", "nodeforge-smoke", "configmap/smoke", "service/smoke", "daemonset/smoke"],
  ];
  const items: KubernetesObject[] = [];
  for (const kind of kinds) {
    const answer = JSON.parse(await lab.kubectl("get", ...kind, "-o", "json")) as
      KubernetesObject | { readonly items: readonly KubernetesObject[] };
    items.push(...("items" in answer ? answer.items : [answer]));
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: items.map(withoutServerFields) });
}

function withoutServerFields(object: KubernetesObject): KubernetesObject {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !ownOfServer.includes(key)));
  return { ...object, metadata, status: undefined };
}
