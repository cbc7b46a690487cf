import { isRecord } from "../../lib/record.ts";
import {
  absent,
  atLeast,
  checksOf,
  equals,
  flag,
  guarded,
  has,
  lacks,
  lists,
  omits,
  owned,
  type NodeCheck,
  type CheckRow,
} from "./check.ts";
import type { NodeFacts } from "./facts.ts";

const [api, manager, scheduler, etcd] = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "etcd",
] as const;

/** Paths that may be anonymous: probes, and the discovery of a join. */
const anonymousPath = /^\/(readyz|livez|healthz|api\/v1\/namespaces\/kube-public\/configmaps\/cluster-info)$/;

/** Rows about the manifests of static pods, of which a node has none. */
const manifests: readonly CheckRow[] = (
  [
    ["the API server", /\/manifests\/kube-apiserver/],
    ["the controller manager", /\/manifests\/kube-controller-manager/],
    ["the scheduler", /\/manifests\/kube-scheduler/],
    ["etcd", /\/manifests\/etcd/],
  ] as const
).flatMap(([program, path], index): CheckRow[] => {
  const why = "systemd starts it, and its unit has no secret";
  return [
    [`1.1.${2 * index + 1}`, `${program} has no manifest that others may read`, "pass", why, absent(path)],
    [`1.1.${2 * index + 2}`, `${program} has no manifest that others own`, "pass", why, absent(path)],
  ];
});

const rows: readonly CheckRow[] = [
  ...manifests,
  [
    "1.1.11",
    "etcd's folder is for root only",
    "pass",
    "the image makes it with mode 0700",
    guarded(/^\/var\/lib\/etcd$/, 0o700),
  ],
  [
    "1.1.12",
    "the user etcd owns etcd's folder",
    "fail",
    "etcd runs as root in a sandbox without capabilities",
    owned(/^\/var\/lib\/etcd$/, "etcd:etcd"),
  ],
  [
    "1.1.13",
    "admin.conf is for root only",
    "pass",
    "kubeadm writes it with mode 0600",
    guarded(/^\/etc\/kubernetes\/(super-)?admin\.conf$/, 0o600),
  ],
  ["1.1.14", "root owns admin.conf", "pass", "kubeadm writes it", owned(/^\/etc\/kubernetes\/(super-)?admin\.conf$/)],
  [
    "1.1.15",
    "scheduler.conf is for root only",
    "pass",
    "kubeadm writes it with mode 0600",
    guarded(/\/scheduler\.conf$/, 0o600),
  ],
  ["1.1.16", "root owns scheduler.conf", "pass", "kubeadm writes it", owned(/\/scheduler\.conf$/)],
  [
    "1.1.17",
    "controller-manager.conf is for root only",
    "pass",
    "kubeadm writes it with mode 0600",
    guarded(/\/controller-manager\.conf$/, 0o600),
  ],
  ["1.1.18", "root owns controller-manager.conf", "pass", "kubeadm writes it", owned(/\/controller-manager\.conf$/)],
  [
    "1.1.19",
    "root owns the folder of the certificates",
    "pass",
    "kubeadm makes it",
    guarded(/^\/etc\/kubernetes\/pki$/, 0o755),
  ],
  ["1.1.20", "certificates are for root only", "pass", "nodeforge sets mode 0600", guarded(/\/pki\/.*\.crt$/, 0o600)],
  ["1.1.21", "keys are for root only", "pass", "kubeadm writes them with mode 0600", guarded(/\/pki\/.*\.key$/, 0o600)],
  [
    "1.2.1",
    "anonymous access is off, or only for probes and discovery",
    "pass",
    "a join reads cluster-info before it has a token, so the access is narrowed to four paths",
    isAnonymousNarrow,
  ],
  ["1.2.2", "no file of static tokens", "pass", "nodeforge has none", lacks(api, "token-auth-file")],
  [
    "1.2.3",
    "DenyServiceExternalIPs is on",
    "fail",
    "users may need external addresses of services; the stack cannot add admission plugins",
    lists(api, "enable-admission-plugins", "DenyServiceExternalIPs"),
  ],
  [
    "1.2.4",
    "the API server has a certificate for kubelets",
    "pass",
    "kubeadm makes it",
    has(api, "kubelet-client-certificate", "kubelet-client-key"),
  ],
  [
    "1.2.5",
    "the API server verifies kubelets",
    "pass",
    "the cluster's CA signs the serving certificates of kubelets, for the names and addresses of the stack",
    has(api, "kubelet-certificate-authority"),
  ],
  [
    "1.2.6",
    "AlwaysAllow is off",
    "pass",
    "the modes are Node and RBAC",
    omits(api, "authorization-mode", "AlwaysAllow"),
  ],
  ["1.2.7", "the authorizer Node is on", "pass", "the image sets it", lists(api, "authorization-mode", "Node")],
  ["1.2.8", "the authorizer RBAC is on", "pass", "the image sets it", lists(api, "authorization-mode", "RBAC")],
  [
    "1.2.9",
    "EventRateLimit is on",
    "fail",
    "it is an alpha plugin, and its limits depend on the cluster's load",
    lists(api, "enable-admission-plugins", "EventRateLimit"),
  ],
  [
    "1.2.10",
    "AlwaysAdmit is off",
    "pass",
    "nodeforge does not set it",
    omits(api, "enable-admission-plugins", "AlwaysAdmit"),
  ],
  [
    "1.2.11",
    "AlwaysPullImages is on",
    "fail",
    "a node has the images of nodeforge and has no registry for them",
    lists(api, "enable-admission-plugins", "AlwaysPullImages"),
  ],
  [
    "1.2.12",
    "ServiceAccount is on",
    "pass",
    "it is on by default",
    omits(api, "disable-admission-plugins", "ServiceAccount"),
  ],
  [
    "1.2.13",
    "NamespaceLifecycle is on",
    "pass",
    "it is on by default",
    omits(api, "disable-admission-plugins", "NamespaceLifecycle"),
  ],
  [
    "1.2.14",
    "NodeRestriction is on",
    "pass",
    "the image sets it",
    lists(api, "enable-admission-plugins", "NodeRestriction"),
  ],
  ["1.2.15", "profiling of the API server is off", "pass", "nodeforge sets it", equals(api, "profiling", "false")],
  [
    "1.2.16",
    "there is an audit log",
    "fail",
    "it costs disk and time; auditPolicy: default turns it on",
    has(api, "audit-log-path"),
  ],
  ["1.2.17", "the audit log keeps 30 days", "fail", "with auditPolicy it does", atLeast(api, "audit-log-maxage", 30)],
  [
    "1.2.18",
    "the audit log keeps 10 files",
    "fail",
    "with auditPolicy it keeps 5, because 300 MiB of the root disk are its limit",
    atLeast(api, "audit-log-maxbackup", 10),
  ],
  [
    "1.2.19",
    "a file of the audit log has 100 MB",
    "fail",
    "with auditPolicy it has 50 MiB, for the same limit",
    atLeast(api, "audit-log-maxsize", 100),
  ],
  [
    "1.2.20",
    "a request has a time limit",
    "pass",
    "60 seconds by default",
    (facts) => facts.units.has(api) && flag(api, "request-timeout")(facts) !== "0s",
  ],
  [
    "1.2.21",
    "tokens of deleted service accounts are refused",
    "pass",
    "it is on by default",
    lacks(api, "service-account-lookup", "true"),
  ],
  [
    "1.2.22",
    "service accounts have a key of their own",
    "pass",
    "kubeadm makes it",
    has(api, "service-account-key-file"),
  ],
  [
    "1.2.23",
    "the API server has a certificate for etcd",
    "pass",
    "kubeadm makes it",
    has(api, "etcd-certfile", "etcd-keyfile"),
  ],
  [
    "1.2.24",
    "the API server has a serving certificate",
    "pass",
    "kubeadm makes it",
    has(api, "tls-cert-file", "tls-private-key-file"),
  ],
  ["1.2.25", "clients have certificates of the cluster's CA", "pass", "the image sets it", has(api, "client-ca-file")],
  ["1.2.26", "the API server verifies etcd", "pass", "the image sets it", has(api, "etcd-cafile")],
  [
    "1.2.27",
    "secrets are encrypted in etcd",
    "pass",
    "nodeforge makes a key on the control plane",
    has(api, "encryption-provider-config"),
  ],
  [
    "1.2.28",
    "the first provider encrypts",
    "pass",
    "it is secretbox",
    ({ provider }) => ["aescbc", "aesgcm", "secretbox", "kms"].includes(provider ?? ""),
  ],
  [
    "1.2.29",
    "ciphers are named",
    "fail",
    "the defaults of Go are strong and follow its releases; a list of names would grow old",
    has(api, "tls-cipher-suites"),
  ],
  [
    "1.3.1",
    "a limit of ended pods is set",
    "fail",
    "the default of 12,500 pods stays, because a benchmark counts its pods; set it in controlPlaneArguments",
    has(manager, "terminated-pod-gc-threshold"),
  ],
  [
    "1.3.2",
    "profiling of the controller manager is off",
    "pass",
    "nodeforge sets it",
    equals(manager, "profiling", "false"),
  ],
  [
    "1.3.3",
    "each controller has an account of its own",
    "pass",
    "the image sets it",
    equals(manager, "use-service-account-credentials", "true"),
  ],
  [
    "1.3.4",
    "tokens of service accounts are signed with a key",
    "pass",
    "the image sets it",
    has(manager, "service-account-private-key-file"),
  ],
  ["1.3.5", "pods get the CA of the API server", "pass", "the image sets it", has(manager, "root-ca-file")],
  [
    "1.3.6",
    "RotateKubeletServerCertificate is on",
    "pass",
    "it is on by default",
    omits(manager, "feature-gates", "RotateKubeletServerCertificate=false"),
  ],
  [
    "1.3.7",
    "the controller manager listens on loopback",
    "pass",
    "the image sets it; componentMetrics opens an authenticated port",
    equals(manager, "bind-address", "127.0.0.1"),
  ],
  ["1.4.1", "profiling of the scheduler is off", "pass", "nodeforge sets it", equals(scheduler, "profiling", "false")],
  [
    "1.4.2",
    "the scheduler listens on loopback",
    "pass",
    "the image sets it; componentMetrics opens an authenticated port",
    equals(scheduler, "bind-address", "127.0.0.1"),
  ],
  ["2.1", "etcd has a serving certificate", "pass", "kubeadm makes it", has(etcd, "cert-file", "key-file")],
  ["2.2", "etcd verifies its clients", "pass", "the image sets it", equals(etcd, "client-cert-auth", "true")],
  [
    "2.3",
    "etcd's clients have no self-signed certificates",
    "pass",
    "the image does not set them",
    lacks(etcd, "auto-tls", "false"),
  ],
  [
    "2.4",
    "etcd has a certificate for members",
    "pass",
    "kubeadm makes it",
    has(etcd, "peer-cert-file", "peer-key-file"),
  ],
  [
    "2.5",
    "etcd verifies other members",
    "pass",
    "the image sets it, and etcd listens on loopback only",
    equals(etcd, "peer-client-cert-auth", "true"),
  ],
  [
    "2.6",
    "etcd's members have no self-signed certificates",
    "pass",
    "the image does not set them",
    lacks(etcd, "peer-auto-tls", "false"),
  ],
  [
    "3.2.1",
    "there is an audit policy",
    "fail",
    "auditPolicy: default sets one that logs no bodies",
    has(api, "audit-policy-file"),
  ],
  ["2.7", "etcd has a CA of its own", "pass", "kubeadm makes it", hasOwnAuthority],
];

/** Checks of the control plane and of etcd. */
export const controlPlaneChecks: readonly NodeCheck[] = checksOf("control plane", rows);

function isAnonymousNarrow({ units, authentication }: NodeFacts): boolean {
  if (units.get(api)?.get("anonymous-auth") === "false") return true;
  const anonymous = isRecord(authentication) ? authentication.anonymous : undefined;
  if (!isRecord(anonymous)) return false;
  const { enabled, conditions } = anonymous;
  if (enabled === false) return true;
  return Array.isArray(conditions) && conditions.length > 0 && conditions.every(isNarrow);
}

function isNarrow(condition: unknown): boolean {
  return isRecord(condition) && typeof condition.path === "string" && anonymousPath.test(condition.path);
}

function hasOwnAuthority({ authorities }: NodeFacts): boolean {
  const [cluster, own] = ["ca", "etcd/ca"].map((name) => authorities.get(name) ?? "");
  return cluster !== "" && own !== "" && cluster !== own;
}
