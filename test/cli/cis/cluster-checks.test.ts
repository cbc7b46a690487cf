import { describe, expect, it } from "vitest";
import { clusterChecks } from "../../../cli/cis/cluster-checks.ts";
import { collectClusterFacts, parseClusterFacts, type ClusterFacts } from "../../../cli/cis/cluster-facts.ts";
import { clusterBinding, clusterRole, defaultCluster, type Item } from "./default-cluster.ts";

const failing = (id: string, cluster: ClusterFacts) => clusterChecks.find((check) => check.id === id)?.failing(cluster);
const user = { kind: "User", name: "eve" };
const everyone = { kind: "Group", name: "system:authenticated" };
const account = { kind: "ServiceAccount", name: "system:authenticated", namespace: "default" };
const rule = (resource: string, ...verbs: readonly string[]) => ({ apiGroups: [""], resources: [resource], verbs });
const bound = (name: string, ...subjects: readonly object[]) => clusterBinding(name, name, ...subjects);
const namespaced = (namespace: string): Item => ({
  kind: "Role",
  metadata: { name: "r", namespace },
  rules: [rule("secrets", "get")],
});
const inSpace: Item = {
  kind: "RoleBinding",
  metadata: { name: "b", namespace: "shop" },
  roleRef: { kind: "Role", name: "r" },
  subjects: [everyone],
};
const namespace = (name: string, level?: string): Item => ({
  kind: "Namespace",
  metadata: { name, ...(level === undefined ? {} : { labels: { "pod-security.kubernetes.io/enforce": level } }) },
});
const isNamespace = ({ kind }: Item) => kind === "Namespace";

describe("the checks of a cluster", () => {
  it("pass on a new one except for accounts and namespaces", () => {
    const names = (id: string) => failing(id, defaultCluster());
    for (const id of ["5.1.1", "5.1.2", "5.1.3", "5.1.4"]) expect(names(id), id).toEqual([]);
    expect(names("5.1.5")).toEqual(["ServiceAccount default/default", "ServiceAccount kube-system/default"]);
    expect(names("5.2.2")).toEqual(["Namespace default"]);
    expect(names("5.2.7")).toEqual(["Namespace default"]);
    expect(clusterChecks).toHaveLength(17);
  });

  it.each<readonly [string, string, readonly Item[], readonly string[]]>([
    ["5.1.1", "a user has cluster-admin", [clusterBinding("mine", "cluster-admin", user)], ["ClusterRoleBinding mine"]],
    ["5.1.1", "a user has another role", [clusterBinding("mine", "view", user)], []],
    ["5.1.1", "a binding has no subject", [clusterBinding("mine", "cluster-admin")], []],
    [
      "5.1.2",
      "all read secrets",
      [clusterRole("r", [rule("secrets", "list")]), bound("r", everyone)],
      ["ClusterRoleBinding r"],
    ],
    [
      "5.1.2",
      "all do everything",
      [clusterRole("r", [rule("*", "*")]), bound("r", everyone)],
      ["ClusterRoleBinding r"],
    ],
    ["5.1.2", "a user reads secrets", [clusterRole("r", [rule("secrets", "list")]), bound("r", user)], []],
    [
      "5.1.2",
      "an account has the name of a group",
      [clusterRole("r", [rule("secrets", "get")]), bound("r", account)],
      [],
    ],
    ["5.1.2", "all create secrets", [clusterRole("r", [rule("secrets", "create")]), bound("r", everyone)], []],
    ["5.1.2", "all read them in a namespace", [namespaced("shop"), inSpace], ["RoleBinding shop/b"]],
    ["5.1.2", "the role is of another namespace", [namespaced("other"), inSpace], []],
    ["5.1.3", "a role has a wildcard", [clusterRole("r", [rule("pods", "*")])], ["ClusterRole r"]],
    ["5.1.3", "a role names each permission", [clusterRole("r", [rule("pods", "get")])], []],
    [
      "5.1.4",
      "all create pods",
      [clusterRole("r", [rule("pods", "create")]), bound("r", everyone)],
      ["ClusterRoleBinding r"],
    ],
    ["5.1.4", "all read pods", [clusterRole("r", [rule("pods", "get")]), bound("r", everyone)], []],
  ])("%s, where %s", (id, _, more, expected) => {
    expect(failing(id, defaultCluster(more))).toEqual(expected);
  });

  it("name the accounts default that give their token", () => {
    const quiet = {
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "a" },
      automountServiceAccountToken: false,
    };
    const loud = {
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "b" },
      automountServiceAccountToken: true,
    };
    const cluster = defaultCluster([quiet, loud], ({ kind }) => kind === "ServiceAccount");
    expect(failing("5.1.5", cluster)).toEqual(["ServiceAccount b/default"]);
  });

  it("want a level of each namespace, except for those of Kubernetes", () => {
    const cluster = defaultCluster(
      [
        namespace("a"),
        namespace("b", "baseline"),
        namespace("c", "restricted"),
        namespace("d", "other"),
        namespace("kube-system"),
      ],
      isNamespace,
    );
    expect(failing("5.2.2", cluster)).toEqual(["Namespace a", "Namespace d"]);
    expect(failing("5.2.8", cluster)).toEqual(["Namespace a", "Namespace b", "Namespace d"]);
  });
});

describe("the facts of a cluster", () => {
  it("are asked for in one call", async () => {
    const calls: (readonly string[])[] = [];
    const cluster = await collectClusterFacts((...args) => {
      calls.push(args);
      return Promise.resolve('{"items": []}');
    });
    expect(cluster).toEqual({ roles: [], bindings: [], accounts: [], namespaces: [] });
    expect(calls).toEqual([
      [
        "get",
        "clusterroles,roles,clusterrolebindings,rolebindings,serviceaccounts,namespaces",
        "--all-namespaces",
        "--output=json",
      ],
    ]);
  });

  it.each(["", "null", "{}", '{"items":[{}]}', '{"items":[{"kind":"Role","metadata":{"name":"r"},"rules":[5]}]}'])(
    "are refused in another form: %s",
    (text) => {
      expect(() => parseClusterFacts(text)).toThrow(/^kubectl's list of roles, accounts and namespaces: .*Fix: repeat/);
    },
  );
});
