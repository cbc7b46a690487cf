import { Refusal, unlessMissing, type Connection } from "../../../lib/api-server.ts";

/** Name of every object that gives the generator its identity. */
const name = "nodeforge-bench";

const namespace = "kube-system";
const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
const bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const flowSchemas = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";

/** Seconds in which a token of the generator is valid: longer than a benchmark, and at most what the API server allows. */
const tokenSeconds = 24 * 60 * 60;

/**
 * Gives the load generator an identity of its own: a service account, and a flow schema without queues.
 *
 * The administrator's requests share their queues with others, so the API server would delay the generator by an unknown time. The
 * generator limits itself: it waits for its own answers. Objects of an earlier, killed benchmark are used again.
 * @returns its bearer token.
 */
export async function createGenerator(admin: Connection): Promise<string> {
  const subject = { kind: "ServiceAccount", name, namespace };
  await ensure(admin, accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  await ensure(admin, bindings, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [subject],
  });
  await ensure(admin, flowSchemas, {
    apiVersion: "flowcontrol.apiserver.k8s.io/v1",
    kind: "FlowSchema",
    metadata: { name },
    spec: {
      priorityLevelConfiguration: { name: "exempt" },
      // Before every schema of Kubernetes, whose lowest number after the exempt ones is 100.
      matchingPrecedence: 50,
      rules: [
        {
          subjects: [{ kind: "ServiceAccount", serviceAccount: { name, namespace } }],
          resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
          nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
        },
      ],
    },
  });
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: tokenSeconds },
  };
  const { status } = await admin.send<{ readonly status: { readonly token: string } }>(
    "POST",
    `${accounts}/${name}/token`,
    request,
  );
  return status.token;
}

/** Removes the generator's identity. Its tokens end with its account. */
export async function deleteGenerator(admin: Connection): Promise<void> {
  for (const collection of [flowSchemas, bindings, accounts]) {
    await admin.send("DELETE", `${collection}/${name}`).catch(unlessMissing);
  }
}

async function ensure(admin: Connection, collection: string, object: object): Promise<void> {
  await admin.send("POST", collection, object).catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.status !== 409) throw error;
  });
}
