import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const account = { name: "prometheus", namespace: "kube-system" };
const clusterWide = { name: "nodeforge:metrics" };

/**
 * The account with which Prometheus reads metrics. It may read nothing else, except the nodes that have metrics.
 *
 * Creates a service account, a role and its binding. `kubectl create token` makes a token of the account.
 */
export class MetricsReader extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:MetricsReader", name, {}, opts);
    const child = { parent: this };
    const created = new kubernetes.core.v1.ServiceAccount(name, { metadata: account }, child);
    const role = new kubernetes.rbac.v1.ClusterRole(
      name,
      {
        metadata: clusterWide,
        rules: [
          { nonResourceURLs: ["/metrics", "/metrics/slis"], verbs: ["get"] },
          // A kubelet asks for this permission (kubernetes.io, "Kubelet authentication/authorization").
          { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
          // Prometheus finds the kubelets by it.
          { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
        ],
      },
      child,
    );
    new kubernetes.rbac.v1.ClusterRoleBinding(
      name,
      {
        metadata: clusterWide,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: clusterWide.name },
        subjects: [{ kind: "ServiceAccount", ...account }],
      },
      { ...child, dependsOn: [created, role] },
    );
    this.registerOutputs({});
  }
}
