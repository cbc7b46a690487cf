import { parseClusterFacts, type ClusterFacts } from "../../../cli/cis/cluster-facts.ts";

/** An object of kubectl's list. */
export type Item = Readonly<Record<string, unknown>>;

const rbac = "rbac.authorization.k8s.io";
const defaults = { "kubernetes.io/bootstrapping": "rbac-defaults" };
const group = (name: string) => ({ kind: "Group", apiGroup: rbac, name });

/** Returns a ClusterRole. @param labels Labels of the roles that the API server makes at each start, or others. */
export const clusterRole = (name: string, rules: readonly object[] | null, labels: object = {}): Item => ({
  kind: "ClusterRole",
  metadata: { name, labels },
  rules,
});

/** Returns a ClusterRoleBinding of a ClusterRole. */
export const clusterBinding = (name: string, role: string, ...subjects: readonly object[]): Item => ({
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
  ...(subjects.length === 0 ? {} : { subjects }),
});

/** The objects of a new cluster that the checks tell apart. */
const items: readonly Item[] = [
  clusterRole(
    "cluster-admin",
    [
      { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
      { nonResourceURLs: ["*"], verbs: ["*"] },
    ],
    defaults,
  ),
  clusterRole("view", null, defaults),
  clusterRole("system:discovery", [{ nonResourceURLs: ["/api", "/api/*"], verbs: ["get"] }], defaults),
  clusterRole("nodeforge:coredns", [{ apiGroups: [""], resources: ["services", "pods"], verbs: ["list", "watch"] }]),
  clusterBinding("cluster-admin", "cluster-admin", group("system:masters")),
  clusterBinding("kubeadm:cluster-admins", "cluster-admin", group("kubeadm:cluster-admins")),
  clusterBinding("system:discovery", "system:discovery", group("system:authenticated")),
  clusterBinding("system:node", "system:node"),
  {
    kind: "Role",
    metadata: { name: "kubeadm:bootstrap-signer-clusterinfo", namespace: "kube-public" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["cluster-info"], verbs: ["get"] }],
  },
  {
    kind: "RoleBinding",
    metadata: { name: "kubeadm:bootstrap-signer-clusterinfo", namespace: "kube-public" },
    roleRef: { apiGroup: rbac, kind: "Role", name: "kubeadm:bootstrap-signer-clusterinfo" },
    subjects: [{ kind: "User", apiGroup: rbac, name: "system:anonymous" }],
  },
  ...["default", "kube-system"].map((namespace) => ({
    kind: "ServiceAccount",
    metadata: { name: "default", namespace },
  })),
  { kind: "ServiceAccount", metadata: { name: "coredns", namespace: "kube-system" } },
  ...["default", "kube-system", "kube-public", "kube-node-lease"].map((name) => ({
    kind: "Namespace",
    metadata: { name },
  })),
];

/** Returns the facts of a new cluster. @param more Objects that a user added. @param without Returns whether an object is missing. */
export function defaultCluster(
  more: readonly Item[] = [],
  without: (item: Item) => boolean = () => false,
): ClusterFacts {
  return parseClusterFacts(JSON.stringify({ items: [...items.filter((item) => !without(item)), ...more] }));
}
