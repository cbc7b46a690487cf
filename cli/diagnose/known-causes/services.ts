import { answered, inItems, inLog } from "../evidence.ts";
import { ofConditions, ofStep } from "../symptoms.ts";
import { unitsDown } from "../units.ts";
import type { KnownCause } from "./known-cause.ts";

/** Causes in the units that make a machine a node. */
export const serviceCauses: readonly KnownCause[] = [
  {
    name: "kubelet's folder emptied",
    cause: "A folder that kubelet needs is missing: `kubeadm reset`, or a user, emptied /var/lib/kubelet.",
    fix: "Run `npm run up`: it recreates the folder and joins the worker.",
    symptoms: (evidence) => inItems(evidence, ["kubelet"], /failed to walk through kubelet dropin directory/),
  },
  {
    name: "containerd is down",
    cause: "The container runtime does not run on the node, so no container can.",
    fix: "Read the node's `containerd.txt`.",
    symptoms: (evidence) => [
      ...unitsDown(evidence, ["containerd"]),
      ...ofConditions(evidence, /^Ready=False .*(container runtime is down|containerd\.sock)/),
    ],
  },
  {
    name: "etcd is down",
    cause: "etcd does not run on the control plane, so the API server cannot.",
    fix: "Read the control plane's `etcd.txt`. The usual reason is a full or slow disk.",
    symptoms: (evidence) => [
      ...unitsDown(evidence, ["etcd"]),
      ...inItems(evidence, ["api-server"], /^\[-\]etcd failed/),
    ],
  },
  {
    name: "API server is down",
    cause: "The API server does not answer.",
    fix: "Read the control plane's `kube-apiserver.txt`. The usual reasons are too little memory and a slow disk.",
    symptoms: (evidence) => [
      ...inLog(evidence, /FAILED: the API server: still missing/),
      ...unitsDown(evidence, ["kube-apiserver"]),
      ...inItems(evidence, ["api-server"], /was refused - did you specify the right host|^\[-\](?!etcd)/),
    ],
  },
  {
    name: "no pod network",
    cause: "flanneld has not set up the node's pod network.",
    fix: "Read the node's `flanneld.txt` and `containerd.txt`.",
    symptoms: (evidence) => [
      ...inLog(evidence, /cni plugin not initialized|FAILED: flanneld and kube-proxy: still missing/),
      ...unitsDown(evidence, ["flanneld"]),
      ...ofConditions(evidence, /^Ready=False .*(cni plugin not initialized|NetworkPluginNotReady)/),
    ],
  },
  {
    name: "kubelet is down",
    cause: "kubelet does not run on the node, or does not report.",
    fix: "Read the node's `kubelet.txt`.",
    symptoms: (evidence) => [
      ...unitsDown(evidence, ["kubelet"]),
      // A node that does not answer over ssh either has another problem.
      ...ofConditions(evidence, /^Ready=Unknown .*Kubelet stopped posting/).filter(({ node = "" }) =>
        answered(evidence, node),
      ),
    ],
  },
  {
    name: "kubelet's certificate missing",
    cause:
      "A kubelet serves no certificate of the cluster's CA, so the API server refuses `logs` and `exec` for its node.",
    fix: "Read the node's `kubelet.txt`, and the control plane's `kubelet-approval.txt` and `kube-controller-manager.txt`, which signs.",
    symptoms: (evidence) => inLog(evidence, /serves no certificate of the CA of the cluster/),
  },
  // The last one, because each cause above also keeps a join from its end.
  {
    name: "join not approved",
    cause:
      "The worker's kubelet got no certificate within kubeadm's limit, as when the control plane restarts during a join.",
    fix: "Run `npm run up` again: the worker gets another token and joins.",
    symptoms: (evidence) => inLog(ofStep(evidence, "join"), /failed while waiting for TLS bootstrap/),
  },
];
