import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { containerImage } from "../addons/container-images.ts";
import { corefile } from "../addons/corefile.ts";
import { after, type Awaitable } from "./after.ts";
import { unprivilegedContainer, unprivilegedPod } from "./pod-security.ts";

/** Arguments of {@link CoreDns}. */
export interface CoreDnsArgs {
  /** DNS domain inside the cluster. */
  readonly clusterDomain: string;
  /** Address of the name server that kubelets give to pods: the tenth of the service range. */
  readonly address: string;
  /** Number of pods. */
  readonly replicas: number;
  /** Time in seconds in which the pods must become ready. */
  readonly timeoutSeconds: number;
  /** Steps that make the workers Ready. */
  readonly podsAfter: readonly Awaitable[];
}

const namespace = "kube-system";
// References between objects are plain texts. An output of another object is unknown while the API server of the next cluster
// is unknown, and the preview of another cluster would fail.
const metadata = { name: "coredns", namespace };
const clusterWide = { name: "nodeforge:coredns" };
const labels = { "k8s-app": "kube-dns" };

/**
 * The cluster's name server. Its container image is part of the node image.
 *
 * Creates a service account and its role, the configuration, a deployment whose pods may also run on the control plane, and the
 * service kube-dns.
 */
export class CoreDns extends pulumi.ComponentResource {
  constructor(name: string, args: CoreDnsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { podsAfter, ...plain } = args;
    super("nodeforge:index:CoreDns", name, plain, opts);
    const child = { parent: this };
    const account = new kubernetes.core.v1.ServiceAccount(name, { metadata }, child);
    const role = new kubernetes.rbac.v1.ClusterRole(
      name,
      {
        metadata: clusterWide,
        rules: [
          { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
          { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ],
      },
      child,
    );
    const binding = new kubernetes.rbac.v1.ClusterRoleBinding(
      name,
      {
        metadata: clusterWide,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: clusterWide.name },
        subjects: [{ kind: "ServiceAccount", ...metadata }],
      },
      { ...child, dependsOn: [account, role] },
    );
    const config = new kubernetes.core.v1.ConfigMap(
      name,
      { metadata, data: { Corefile: corefile(args.clusterDomain) } },
      child,
    );
    new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { ...metadata, labels, annotations: { "pulumi.com/timeoutSeconds": String(args.timeoutSeconds) } },
        // So that the workers get some of the pods, and the time limit need not include the joins.
        spec: after(
          {
            replicas: args.replicas,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: podSpec() },
          },
          ...podsAfter,
        ),
      },
      // Without the role the name server never becomes ready.
      { ...child, dependsOn: [binding, config] },
    );
    new kubernetes.core.v1.Service(
      name,
      {
        metadata: { name: "kube-dns", namespace, labels: { ...labels, "kubernetes.io/name": "CoreDNS" } },
        spec: {
          clusterIP: args.address,
          selector: labels,
          ports: [
            { name: "dns", port: 53, protocol: "UDP" },
            { name: "dns-tcp", port: 53, protocol: "TCP" },
            { name: "metrics", port: 9153, protocol: "TCP" },
          ],
        },
      },
      child,
    );
    this.registerOutputs({});
  }
}

function podSpec(): kubernetes.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: metadata.name,
    // Port 53 is for root by default. A capability has no effect for another user unless the image's file has it, too.
    securityContext: { ...unprivilegedPod, sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "53" }] },
    priorityClassName: "system-cluster-critical",
    // The node's name server, because the cluster's is this pod.
    dnsPolicy: "Default",
    // So that a cluster without workers, or with tainted workers only, resolves names. With more tolerations the pod would
    // return to a node during its drain.
    tolerations: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labels },
      },
    ],
    containers: [
      {
        name: "coredns",
        image: containerImage("coredns"),
        imagePullPolicy: "Never",
        args: ["-conf", "/etc/coredns/Corefile"],
        ports: [{ containerPort: 53, protocol: "UDP" }],
        resources: { requests: { cpu: "100m", memory: "70Mi" }, limits: { memory: "170Mi" } },
        readinessProbe: { httpGet: { path: "/ready", port: 8181 } },
        livenessProbe: { httpGet: { path: "/health", port: 8080 }, initialDelaySeconds: 120, timeoutSeconds: 10 },
        securityContext: unprivilegedContainer,
        volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: metadata.name } }],
  };
}
