import { stringify } from "yaml";
import { Refusal, unlessMissing, type Connection, type Server } from "../../../lib/api-server.ts";

/** Name of every object that gives a local scheduler its identity. */
const name = "nodeforge-bench-scheduler";

/** User of the shipped scheduler, which kubeadm writes into scheduler.conf. */
const user = "system:kube-scheduler";

const namespace = "kube-system";
const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

/** Seconds in which a token is valid: longer than a benchmark. */
const tokenSeconds = 24 * 60 * 60;

/** Proof of a local scheduler's identity. */
export interface SchedulerCredential {
  /** YAML. */
  readonly kubeconfig: string;
  /** Bearer token, which may read the metrics of the scheduler itself. */
  readonly token: string;
}

/**
 * Returns a kubeconfig of the user of the shipped scheduler, for a scheduler on the operator's machine.
 *
 * Its service account may only act as that user. So its requests have the rights, the queue and the flow schema of a scheduler on
 * the control plane. The deletion of the account ends them.
 */
export async function createSchedulerIdentity(
  admin: Connection,
  { endpoint, ca }: Server,
): Promise<SchedulerCredential> {
  await ensure(admin, accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  await ensure(admin, roles, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name },
    rules: [
      { apiGroups: [""], resources: ["users"], verbs: ["impersonate"], resourceNames: [user] },
      { nonResourceURLs: ["/metrics"], verbs: ["get"] },
    ],
  });
  await ensure(admin, bindings, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
  const { status } = await admin.send<{ readonly status: { readonly token: string } }>(
    "POST",
    `${accounts}/${name}/token`,
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: tokenSeconds },
    },
  );
  const kubeconfig = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server: endpoint, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
    ],
    users: [{ name, user: { token: status.token, as: user } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
  return { kubeconfig, token: status.token };
}

/** Removes the identity, also that of a killed benchmark. A local scheduler that still runs can then do nothing. */
export async function deleteSchedulerIdentity(admin: Connection): Promise<void> {
  for (const collection of [bindings, roles, accounts]) {
    await admin.send("DELETE", `${collection}/${name}`).catch(unlessMissing);
  }
}

async function ensure(admin: Connection, collection: string, object: object): Promise<void> {
  await admin.send("POST", collection, object).catch((error: unknown) => {
    if (!(error instanceof Refusal) || error.status !== 409) throw error;
  });
}
