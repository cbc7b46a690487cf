import type { ManualCheck } from "./check.ts";

const permission = (words: string) => `kubectl get clusterroles,roles -A -o yaml shows the roles; look for ${words}`;

const rows: readonly (readonly [id: string, subject: string, how: string])[] = [
  [
    "3.1.1",
    "users have no client certificates",
    "the administrator's kubeconfig has one that ends after a year; give users an identity of OIDC",
  ],
  ["3.1.2", "users have no tokens of service accounts", "nodeforge gives none to users; look at your own kubeconfigs"],
  ["3.1.3", "users have no bootstrap tokens", "they are for joins and expire; look at your own kubeconfigs"],
  [
    "3.2.2",
    "the audit policy covers the important requests",
    "auditPolicy: default logs user, verb and object; read your own policy for secrets and for exec",
  ],
  [
    "5.1.6",
    "only pods that need a token get one",
    "set automountServiceAccountToken: false in your pods; only CoreDNS of nodeforge's add-ons needs one",
  ],
  ["5.1.7", "no user is in system:masters", "no kubeconfig of a cluster is; look at certificates that you have signed"],
  ["5.1.8", "few may bind, impersonate or escalate", permission("these three verbs")],
  ["5.1.9", "few create persistent volumes", permission("create of persistentvolumes")],
  ["5.1.10", "few reach kubelets through the API server", permission("nodes/proxy")],
  ["5.1.11", "few approve certificates", permission("certificatesigningrequests/approval")],
  ["5.1.12", "few change webhooks", permission("mutatingwebhookconfigurations and validatingwebhookconfigurations")],
  ["5.1.13", "few create tokens of service accounts", permission("serviceaccounts/token")],
  [
    "5.2.1",
    "a mechanism refuses pods in each namespace with your work",
    "PodSecurity is there and only warns; label your namespaces, or install another mechanism",
  ],
  ["5.3.1", "the network plugin enforces NetworkPolicies", "flannel does not; install a controller that does"],
  ["5.3.2", "each namespace has NetworkPolicies", "they have no effect without such a controller, see 5.3.1"],
  [
    "5.4.1",
    "pods read secrets from files",
    "kubectl get pods -A -o yaml shows them; look for secretKeyRef and secretRef in env",
  ],
  ["5.4.2", "an external store has the secrets", "your workload decides it; secrets in etcd are encrypted"],
  ["5.5.1", "images have a proven origin", "ImagePolicyWebhook needs a server of yours"],
  ["5.7.1", "namespaces divide the resources", "your workload decides it"],
  ["5.7.3", "pods and containers have a security context", "those of nodeforge's add-ons have one; look at your own"],
  ["5.7.4", "the namespace default is empty", "kubectl get all shows what it has beside the service kubernetes"],
];

/** Recommendations that a person must judge. */
export const manualChecks: readonly ManualCheck[] = rows.map(([id, subject, why]) => ({
  ...{ id, subject, why },
  where: "cluster",
  expected: "manual",
}));
