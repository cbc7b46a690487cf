import type { ClusterCheck } from "./check.ts";
import type { Binding, ClusterFacts, Role } from "./cluster-facts.ts";

/** Groups and users that include every client, every account or clients without an identity. */
const everyone = ["system:authenticated", "system:unauthenticated", "system:anonymous", "system:serviceaccounts"];

/** Groups that kubeadm binds to cluster-admin. */
const administrators = ["system:masters", "kubeadm:cluster-admins"];

const own = "default Kubernetes and nodeforge's add-ons give no such permission";
const open = "PodSecurity refuses no pod by default";
const levels = ["privileged", "baseline", "restricted"] as const;

type Row = readonly [
  id: string,
  subject: string,
  expected: ClusterCheck["expected"],
  why: string,
  failing: ClusterCheck["failing"],
];

const rows: readonly Row[] = [
  [
    "5.1.1",
    "only administrators have the role cluster-admin",
    "pass",
    "kubeadm binds it to the two groups of administrators",
    ({ bindings }) => bindings.filter(givesEverything).map(nameOf),
  ],
  ["5.1.2", "no group of all clients reads secrets", "pass", own, openTo("secrets", "get", "list", "watch")],
  [
    "5.1.3",
    "no role beyond those of Kubernetes has a wildcard",
    "pass",
    "nodeforge's roles name each permission",
    ({ roles }) => roles.filter((role) => !isDefault(role) && hasWildcard(role)).map(nameOf),
  ],
  ["5.1.4", "no group of all clients creates pods", "pass", own, openTo("pods", "create")],
  [
    "5.1.5",
    "no account default gives its token to pods",
    "fail",
    "Kubernetes makes the accounts so; set automountServiceAccountToken: false in them",
    ({ accounts }) =>
      accounts
        .filter(({ metadata, automountServiceAccountToken: gives }) => metadata.name === "default" && gives !== false)
        .map(nameOf),
  ],
  ...(
    [
      ["5.2.2", "privileged containers", "baseline"],
      ["5.2.3", "pods in the host's namespace of processes", "baseline"],
      ["5.2.4", "pods in the host's namespace of IPC", "baseline"],
      ["5.2.5", "pods in the host's network", "baseline"],
      ["5.2.6", "containers that may gain privileges", "restricted"],
      ["5.2.7", "containers that run as root", "restricted"],
      ["5.2.8", "containers with NET_RAW", "restricted"],
      ["5.2.9", "containers with further capabilities", "restricted"],
      ["5.2.10", "containers that keep any capability", "restricted"],
      ["5.2.11", "HostProcess containers of Windows", "baseline"],
      ["5.2.12", "volumes of the host's folders", "baseline"],
      ["5.2.13", "ports of the host", "baseline"],
    ] as const
  ).map(([id, refused, level]): Row => [
    id,
    `namespaces refuse ${refused}`,
    "fail",
    `${open}; label a namespace with enforce=${level}`,
    enforces(level),
  ]),
];

/** Checks of what the API server states of the whole cluster. */
export const clusterChecks: readonly ClusterCheck[] = rows.map(([id, subject, expected, why, failing]) => ({
  ...{ id, subject, where: "cluster", expected, why },
  failing,
}));

function nameOf({ kind, metadata: { name, namespace } }: Role): string {
  return [kind, namespace === undefined ? name : `${namespace}/${name}`].join(" ");
}

function givesEverything({ roleRef, subjects = [] }: Binding): boolean {
  if (roleRef.kind !== "ClusterRole" || roleRef.name !== "cluster-admin") return false;
  return subjects.some(({ kind, name }) => kind !== "Group" || !administrators.includes(name));
}

/** Returns the bindings that permit one of the verbs to a group of all clients. */
function openTo(resource: string, ...verbs: readonly string[]): ClusterCheck["failing"] {
  return ({ roles, bindings }: ClusterFacts) => {
    const permits = ({ verbs: given = [], apiGroups = [], resources = [] }: NonNullable<Role["rules"]>[number]) =>
      includes(apiGroups, "") && includes(resources, resource) && verbs.some((verb) => includes(given, verb));
    const isRoleOf = ({ roleRef, metadata }: Binding, role: Role) =>
      role.kind === roleRef.kind &&
      role.metadata.name === roleRef.name &&
      (role.kind === "ClusterRole" || role.metadata.namespace === metadata.namespace);
    return bindings
      .filter(({ subjects = [] }) =>
        subjects.some(({ kind, name }) => kind !== "ServiceAccount" && everyone.includes(name)),
      )
      .filter((binding) => roles.some((role) => isRoleOf(binding, role) && (role.rules ?? []).some(permits)))
      .map(nameOf);
  };
}

function includes(words: readonly string[], word: string): boolean {
  return words.includes(word) || words.includes("*");
}

/** Whether the API server makes a role at each start. */
function isDefault({ metadata: { labels = {} } }: Role): boolean {
  return labels["kubernetes.io/bootstrapping"] === "rbac-defaults";
}

function hasWildcard({ rules }: Role): boolean {
  return (rules ?? []).some(({ verbs = [], apiGroups = [], resources = [], nonResourceURLs = [] }) =>
    [verbs, apiGroups, resources, nonResourceURLs].some((words) => words.includes("*")),
  );
}

/** Returns the namespaces that refuse less than a level. Those of Kubernetes itself are left out. */
function enforces(level: (typeof levels)[number]): ClusterCheck["failing"] {
  const enough: readonly string[] = levels.slice(levels.indexOf(level));
  return ({ namespaces }) =>
    namespaces
      .filter(({ metadata: { name, labels = {} } }) => {
        const enforced = labels["pod-security.kubernetes.io/enforce"] ?? "privileged";
        return !name.startsWith("kube-") && !enough.includes(enforced);
      })
      .map(nameOf);
}
