import { list, object, readJson, text } from "../../lib/outside.ts";
import type { Kubectl } from "../machines/readiness.ts";

/** A permission of a role. A list that is missing is empty. */
interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Named {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** A Role or a ClusterRole. */
export interface Role extends Named {
  readonly rules?: readonly Rule[] | null;
}

/** A RoleBinding or a ClusterRoleBinding. */
export interface Binding extends Named {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

/** A ServiceAccount. */
export interface Account extends Named {
  readonly automountServiceAccountToken?: boolean;
}

/** Facts that the API server states of the cluster. */
export interface ClusterFacts {
  readonly roles: readonly Role[];
  readonly bindings: readonly Binding[];
  readonly accounts: readonly Account[];
  readonly namespaces: readonly Named[];
}

const kinds = "clusterroles,roles,clusterrolebindings,rolebindings,serviceaccounts,namespaces";
const source = {
  name: "kubectl's list of roles, accounts and namespaces",
  fix: "repeat the command, and run npm run diagnose if it fails again",
};
const names = list(text);
const shape = object({
  items: list(
    object(
      { kind: text, metadata: object({ name: text }, { namespace: text, labels: { type: "object" } }) },
      {
        rules: {
          type: ["array", "null"],
          items: object({}, { verbs: names, apiGroups: names, resources: names, nonResourceURLs: names }),
        },
        roleRef: object({ kind: text, name: text }),
        subjects: list(object({ kind: text, name: text })),
        automountServiceAccountToken: { type: "boolean" },
      },
    ),
  ),
});

/** Asks the API server for the facts of a cluster. */
export async function collectClusterFacts(ask: Kubectl): Promise<ClusterFacts> {
  return parseClusterFacts(await ask("get", kinds, "--all-namespaces", "--output=json"));
}

/** Reads kubectl's list of the kinds. @throws when it has another form. */
export function parseClusterFacts(json: string): ClusterFacts {
  const { items } = readJson<{ readonly items: readonly Named[] }>(json, source, shape);
  const of = <Item extends Named>(...wanted: readonly string[]) =>
    items.filter((item): item is Item => wanted.includes(item.kind));
  return {
    roles: of<Role>("ClusterRole", "Role"),
    bindings: of<Binding>("ClusterRoleBinding", "RoleBinding").filter(
      ({ roleRef }) => (roleRef as unknown) !== undefined,
    ),
    accounts: of<Account>("ServiceAccount"),
    namespaces: of("Namespace"),
  };
}
