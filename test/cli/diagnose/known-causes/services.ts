import { but, failedRun, silent, units } from "../evidence.ts";
import { gate, init, join, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/services.ts. */
export const serviceFixtures: CauseFixtures = {
  "kubelet's folder emptied": {
    is: [
      {
        when: "kubelet does not find its drop-in folder",
        evidence: but(
          but(well, "units", worker, units("worker", "kubelet", "activating", "auto-restart")),
          "kubelet",
          worker,
          'kubelet[812]: E1121 07:46:44 run.go:72] "command failed" err="failed to walk through kubelet dropin directory \\"/var/lib/kubelet/config.d\\": lstat /var/lib/kubelet/config.d: no such file or directory"\n',
        ),
        line: 'kubelet[812]: E1121 07:46:44 run.go:72] "command failed" err="failed to walk through kubelet dropin directory \\"/var/lib/kubelet/config.d\\": lstat /var/lib/kubelet/config.d: no such file or directory"',
      },
    ],
    isNot: [
      {
        when: "kubelet reads its drop-in folder",
        evidence: but(well, "kubelet", worker, "kubelet[812]: reading /var/lib/kubelet/config.d\n"),
      },
    ],
  },
  "containerd is down": {
    is: [
      {
        when: "its unit failed",
        evidence: but(well, "units", worker, units("worker", "containerd")),
        line: "containerd.service is failed (failed), result exit-code, 7 restarts",
      },
      {
        when: "kubelet reports that the runtime is down",
        evidence: but(
          well,
          "conditions",
          undefined,
          "worker-node-1: Ready=False KubeletNotReady: [container runtime is down, PLEG is not healthy]",
        ),
        line: "Ready=False KubeletNotReady: [container runtime is down, PLEG is not healthy]",
      },
    ],
    isNot: [
      {
        when: "its unit is starting",
        evidence: but(
          well,
          "units",
          worker,
          units("worker", "containerd", "activating", "start").replace("NRestarts=7", "NRestarts=0"),
        ),
      },
    ],
  },
  "etcd is down": {
    is: [
      {
        when: "its unit restarts repeatedly",
        evidence: but(well, "units", "master", units("master", "etcd", "activating", "auto-restart")),
        line: "etcd.service is activating (auto-restart), result success, 7 restarts",
      },
      {
        when: "the API server reports that etcd failed",
        evidence: but(
          well,
          "api-server",
          "master",
          "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n",
        ),
        line: "[-]etcd failed: reason withheld",
      },
    ],
    isNot: [
      {
        when: "its machine has no network",
        evidence: silent(
          but(
            well,
            "conditions",
            undefined,
            "worker-node-1: Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.",
          ),
          worker,
          "ssh: connect to host 192.168.222.100 port 22: No route to host",
        ),
      },
      {
        when: "the condition of its unit is not met",
        evidence: but(
          well,
          "units",
          "master",
          units("master", "etcd", "inactive", "dead").replace(
            "inactive\nSubState=dead\nConditionResult=yes",
            "inactive\nSubState=dead\nConditionResult=no",
          ),
        ),
      },
    ],
  },
  "API server is down": {
    is: [
      {
        when: "a script reached its limit waiting for the API server",
        evidence: failedRun(well, {
          ...init,
          text: "    error: [960s] FAILED: the API server: still missing after 900s: The connection to the server 192.168.222.10:6443 was refused\n",
        }),
        line: "error: [960s] FAILED: the API server: still missing after 900s: The connection to the server 192.168.222.10:6443 was refused",
      },
      {
        when: "its unit failed",
        evidence: but(well, "units", "master", units("master", "kube-apiserver")),
        line: "kube-apiserver.service is failed (failed), result exit-code, 7 restarts",
      },
      {
        when: "kubectl's connection is refused",
        evidence: but(
          well,
          "api-server",
          "master",
          "The connection to the server 192.168.222.10:6443 was refused - did you specify the right host or port?\n(exit code 1)\n",
        ),
        line: "The connection to the server 192.168.222.10:6443 was refused - did you specify the right host or port?",
      },
    ],
    isNot: [
      {
        when: "a script only waits for the API server",
        evidence: failedRun(well, {
          ...init,
          text: "    [ 30s] still waiting for the API server: connection refused\n    error: exit status 1\n",
        }),
      },
    ],
  },
  "no pod network": {
    is: [
      {
        when: "kubelet reports no network plugin",
        evidence: but(
          well,
          "conditions",
          undefined,
          "worker-node-1: Ready=False KubeletNotReady: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
        ),
        line: "Ready=False KubeletNotReady: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
      },
      {
        when: "flanneld restarts repeatedly",
        evidence: but(well, "units", worker, units("worker", "flanneld", "activating", "auto-restart")),
        line: "flanneld.service is activating (auto-restart), result success, 7 restarts",
      },
      {
        when: "a script reached its limit waiting for flanneld",
        evidence: failedRun(well, {
          ...join,
          text: "    error: [400s] FAILED: flanneld and kube-proxy: still missing after 300s: activating\n",
        }),
        line: "error: [400s] FAILED: flanneld and kube-proxy: still missing after 300s: activating",
      },
    ],
    isNot: [
      {
        when: "containerd's journal mentions the start",
        evidence: but(
          well,
          "containerd",
          worker,
          'level=error msg="failed to load cni during init" error="cni plugin not initialized"\n',
        ),
      },
    ],
  },
  "kubelet is down": {
    is: [
      {
        when: "its unit failed",
        evidence: but(well, "units", worker, units("worker", "kubelet")),
        line: "kubelet.service is failed (failed), result exit-code, 7 restarts",
      },
      {
        when: "the control plane no longer hears from it",
        evidence: but(
          well,
          "conditions",
          undefined,
          "worker-node-1: Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.",
        ),
        line: "Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.",
      },
    ],
    isNot: [
      {
        when: "the condition of its unit is not met",
        evidence: but(
          well,
          "units",
          worker,
          units("worker", "kubelet", "inactive", "dead").replaceAll(
            "dead\nConditionResult=yes",
            "dead\nConditionResult=no",
          ),
        ),
      },
    ],
  },
  "kubelet's certificate missing": {
    is: [
      {
        when: "the gate reached its limit, and no request waits",
        evidence: failedRun(well, {
          ...gate,
          text: "    error: [620s] FAILED: the serving certificates of 2 kubelets: still missing after 600s: worker-node-1 serves no certificate of the CA of the cluster\n",
        }),
        line: "error: [620s] FAILED: the serving certificates of 2 kubelets: still missing after 600s: worker-node-1 serves no certificate of the CA of the cluster",
      },
    ],
    isNot: [
      {
        when: "the gate only waited for it",
        evidence: failedRun(well, {
          ...gate,
          text: "    [ 30s] still waiting for the serving certificates of 2 kubelets\n    error: exit status 1\n",
        }),
      },
    ],
  },
  "join not approved": {
    is: [
      {
        when: "the control plane restarted meanwhile",
        evidence: failedRun(well, {
          ...join,
          text: "    error: error execution phase kubelet-wait-bootstrap: failed while waiting for TLS bootstrap: context deadline exceeded\n",
        }),
        line: "error: error execution phase kubelet-wait-bootstrap: failed while waiting for TLS bootstrap: context deadline exceeded",
      },
    ],
    isNot: [
      {
        when: "kubeadm begins to wait",
        evidence: failedRun(well, {
          ...join,
          text: "    [kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap\n    error: exit status 1\n",
        }),
      },
    ],
  },
};
