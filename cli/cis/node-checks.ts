import { checksOf, flag, guarded, has, kubelet, lacks, owned, type CheckRow, type NodeCheck } from "./check.ts";
import type { FileFact } from "./facts.ts";

const rows: readonly CheckRow[] = [
  [
    "1.1.9",
    "CNI's files are for root only",
    "fail",
    "containerd writes the file with mode 0644; it has the node's range of pods, and no secret",
    guarded(/^\/etc\/cni\/net\.d\//, 0o600),
  ],
  ["1.1.10", "root owns CNI's files", "pass", "containerd runs as root", owned(/^\/etc\/cni\/net\.d\//)],
  [
    "4.1.1",
    "the kubelet's unit is for root only",
    "fail",
    "every user may read the units of systemd, and none has a secret",
    guarded(/\/kubelet\.service$/, 0o600),
  ],
  ["4.1.2", "root owns the kubelet's unit", "pass", "the image makes it", owned(/\/kubelet\.service$/)],
  [
    "4.1.3",
    "kube-proxy's kubeconfig is for root only",
    "pass",
    "it is kubelet.conf, see 4.1.5",
    proxyConfig(({ mode }) => (mode & ~0o600) === 0),
  ],
  [
    "4.1.4",
    "root owns kube-proxy's kubeconfig",
    "pass",
    "it is kubelet.conf, see 4.1.6",
    proxyConfig(({ owner }) => owner === "root:root"),
  ],
  [
    "4.1.5",
    "kubelet.conf is for root only",
    "pass",
    "kubeadm writes it with mode 0600",
    guarded(/\/kubelet\.conf$/, 0o600),
  ],
  ["4.1.6", "root owns kubelet.conf", "pass", "kubeadm writes it", owned(/\/kubelet\.conf$/)],
  [
    "4.1.7",
    "the cluster's CA is for root only",
    "pass",
    "nodeforge sets mode 0600",
    guarded(/^\/etc\/kubernetes\/pki\/ca\.crt$/, 0o600),
  ],
  ["4.1.8", "root owns the cluster's CA", "pass", "kubeadm writes it", owned(/^\/etc\/kubernetes\/pki\/ca\.crt$/)],
  [
    "4.1.9",
    "the kubelet's configuration is for root only",
    "pass",
    "nodeforge sets mode 0600",
    guarded(/\/kubelet\/config\.yaml$/, 0o600),
  ],
  ["4.1.10", "root owns the kubelet's configuration", "pass", "kubeadm writes it", owned(/\/kubelet\/config\.yaml$/)],
  [
    "4.2.1",
    "anonymous access to the kubelet is off",
    "pass",
    "kubeadm sets it",
    kubelet("authentication.anonymous.enabled", (value) => value === false),
  ],
  [
    "4.2.2",
    "the kubelet asks the API server for permissions",
    "pass",
    "kubeadm sets it",
    kubelet("authorization.mode", (value) => value === "Webhook"),
  ],
  [
    "4.2.3",
    "the kubelet verifies its clients",
    "pass",
    "kubeadm sets it",
    kubelet("authentication.x509.clientCAFile", Boolean),
  ],
  [
    "4.2.4",
    "the kubelet's port without authentication is closed",
    "pass",
    "it is closed by default",
    kubelet("readOnlyPort", (value) => value === undefined || value === 0),
  ],
  [
    "4.2.5",
    "idle connections end",
    "pass",
    "after four hours by default",
    kubelet("streamingConnectionIdleTimeout", (value) => value !== "0s"),
  ],
  [
    "4.2.6",
    "the kubelet keeps its chains of the packet filter",
    "pass",
    "it is on by default",
    kubelet("makeIPTablesUtilChains", (value) => value !== false),
  ],
  [
    "4.2.7",
    "the node's name is the host's",
    "pass",
    "nodeforge gives the host its name",
    lacks("kubelet", "hostname-override"),
  ],
  [
    "4.2.8",
    "events of the kubelet have a limit",
    "pass",
    "50 a second by default",
    kubelet("eventRecordQPS", (value) => value === undefined || isPositive(value)),
  ],
  [
    "4.2.9",
    "the kubelet's serving certificate comes from the cluster",
    "pass",
    "nodeforge sets serverTLSBootstrap, see 1.2.5",
    (facts) =>
      has("kubelet", "tls-cert-file", "tls-private-key-file")(facts) ||
      kubelet("serverTLSBootstrap", (value) => value === true)(facts),
  ],
  [
    "4.2.10",
    "the kubelet renews its certificate",
    "pass",
    "kubeadm sets it",
    kubelet("rotateCertificates", (value) => value !== false),
  ],
  [
    "4.2.11",
    "RotateKubeletServerCertificate is on",
    "pass",
    "it is on by default",
    kubelet("featureGates.RotateKubeletServerCertificate", (value) => value !== false),
  ],
  [
    "4.2.12",
    "ciphers are named",
    "fail",
    "the defaults of Go are strong, see 1.2.29",
    kubelet("tlsCipherSuites", (value) => Array.isArray(value) && value.length > 0),
  ],
  ["4.2.13", "a pod has a limit of processes", "pass", "nodeforge sets 4096", kubelet("podPidsLimit", isPositive)],
  [
    "4.3.1",
    "kube-proxy's metrics are on loopback",
    "pass",
    "the image sets it",
    (facts) => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(flag("kube-proxy", "metrics-bind-address")(facts) ?? ""),
  ],
  [
    "5.7.2",
    "pods have the runtime's seccomp profile",
    "pass",
    "nodeforge sets seccompDefault",
    kubelet("seccompDefault", (value) => value === true),
  ],
];

/** Passes where the file that kube-proxy reads as its kubeconfig fulfils the condition. */
function proxyConfig(condition: (file: FileFact) => boolean): NodeCheck["passes"] {
  return (facts) => {
    const file = facts.files.get(flag("kube-proxy", "kubeconfig")(facts) ?? "");
    return file !== undefined && condition(file);
  };
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}

/** Checks of every node. */
export const nodeChecks: readonly NodeCheck[] = checksOf("every node", rows);
