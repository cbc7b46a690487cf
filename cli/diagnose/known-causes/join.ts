import { inItems, inLog } from "../evidence.ts";
import { expiredCertificates, ofStep, wrongClocks } from "../symptoms.ts";
import type { KnownCause } from "./known-cause.ts";

/** Causes that keep a worker from joining or leaving the cluster. */
export const joinCauses: readonly KnownCause[] = [
  {
    name: "certificates expired",
    cause: "The cluster's certificates have expired: its machines were off, or their timer stopped, for too long.",
    fix: "Run `npm run up`: it renews them, fetches the new kubeconfig, and joins workers again whose own certificates have expired.",
    symptoms: (evidence) => expiredCertificates(evidence),
  },
  {
    name: "clock wrong",
    cause: "The machines' clocks differ, so certificates are not valid yet or no longer valid.",
    fix: "Set the hypervisor's clock (`timedatectl`), then run `npm run up`, which sets the nodes' clocks by it.",
    symptoms: (evidence) => [
      ...(expiredCertificates(evidence).length > 0
        ? []
        : inLog(evidence, /certificate has expired or is not yet valid|tls: expired certificate/)),
      ...wrongClocks(evidence),
    ],
  },
  {
    name: "name taken in the cluster",
    cause: "Another node of that name is in the cluster.",
    fix: "Choose another workerNamePrefix, or delete that node: `npm run kubectl -- delete node NAME`.",
    symptoms: (evidence) =>
      inLog(evidence, /another machine named \S+ is in the cluster|because a node \S+ is in the cluster/),
  },
  {
    name: "token refused",
    cause: "The worker's token had expired or was revoked, or the control plane's CA is not the pinned one.",
    fix: "Run `npm run up` again, which mints another token. If it fails again, set a longer tokenTtlMinutes or a smaller joinWaveSize.",
    symptoms: (evidence) => {
      const pattern =
        /invalid bearer token|invalid token|token id .*is invalid|could not find a JWS signature|token .*(has )?expired|certificate signed by unknown authority|none of the public keys .*pinned|invalid discovery token CA certificate hash|Unauthorized/i;
      return [
        ...inLog(ofStep(evidence, "join"), pattern),
        ...inItems(
          evidence,
          ["kubelet"],
          /cannot create certificate signing request: .*Unauthorized|invalid bearer token/,
          ({ node }) => evidence.failures.some((failure) => failure.node === node && failure.step === "join"),
        ),
      ];
    },
  },
  {
    name: "kubelet's certificate not approved",
    cause:
      "A request for a kubelet's serving certificate has another user, name, address or usage than the stack's nodes, so it stays undecided.",
    fix: "The control plane's `kubelet-requests.txt` has the reason. Run `npm run up`, which writes the nodes' addresses to the control plane. Delete a request that no node of yours has made: `npm run kubectl -- delete csr NAME`.",
    symptoms: (evidence) => [
      ...inItems(evidence, ["kubelet-requests"], /^\S+ is not approved: /),
      ...inLog(evidence, /serves no certificate of the CA of the cluster.* is not approved: /),
    ],
  },
  {
    name: "pods block a drain",
    cause: "A PodDisruptionBudget or an unmanaged pod blocks the drain of the worker.",
    fix: "Look at `npm run kubectl -- get pdb -A`. Run more replicas or loosen the budget, then try again; drainTimeoutMinutes is the limit.",
    symptoms: (evidence) =>
      inLog(
        evidence,
        /could not be drained|violate the pod's disruption budget|cannot delete Pods.*(declare no controller|use --force)/i,
      ),
  },
];
