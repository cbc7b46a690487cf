import type { FlagChanges } from "../control-plane/flags.ts";

/** Socket of etcd in the namespaces. */
const etcdSocket = "unix:///run/etcd.sock";

/**
 * Flags of scheduler_perf's etcd and API server. With them the two measurements differ in the benchmark alone.
 *
 * They come from Kubernetes 1.36.3: `RunCustomEtcd` starts etcd (test/integration/framework/etcd.go), and `mustSetupCluster` the
 * API server (test/integration/scheduler_perf/util.go). It allows every request, which is the default of kube-apiserver.
 */
export const upstreamFlags: Readonly<Record<string, FlagChanges>> = {
  etcd: { "listen-client-urls": etcdSocket, "log-level": "warn", "quota-backend-bytes": String(8 * 2 ** 30) },
  "kube-apiserver": {
    "etcd-servers": etcdSocket,
    "etcd-cafile": undefined,
    "etcd-certfile": undefined,
    "etcd-keyfile": undefined,
    "authorization-mode": "AlwaysAllow",
    "enable-admission-plugins": undefined,
    "disable-admission-plugins": "ServiceAccount,TaintNodesByCondition,Priority",
    // Flow control exempts scheduler_perf's scheduler, which is an administrator. Another scheduler may be faster than the API
    // server, which then rejects bindings. It names a pause of up to 32 s (`maxRetryAfter`, k8s.io/apiserver 0.36.3). No scheduler
    // fills these limits.
    "max-requests-inflight": "100000",
    "max-mutating-requests-inflight": "100000",
    "request-timeout": "10m",
  },
};
