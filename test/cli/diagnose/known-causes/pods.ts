import { but, failedRun } from "../evidence.ts";
import { join, well, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/pods.ts. */
export const podFixtures: CauseFixtures = {
  "container image missing": {
    is: [
      {
        when: "a pod's image is never pulled",
        evidence: but(
          well,
          "pods",
          undefined,
          "NAMESPACE     NAME          READY   STATUS              RESTARTS   AGE\nkube-system   coredns-1-2   0/1     ErrImageNeverPull   0          3m\n",
        ),
        line: "kube-system   coredns-1-2   0/1     ErrImageNeverPull   0          3m",
      },
    ],
    isNot: [
      {
        when: "a pod's containers are being created",
        evidence: but(
          well,
          "pods",
          undefined,
          "NAMESPACE   NAME   READY   STATUS\ndefault     web    0/1     ContainerCreating\n",
        ),
      },
    ],
  },
  "names do not resolve in the cluster": {
    is: [
      {
        when: "the smoke check resolves too few pods",
        evidence: failedRun(well, {
          step: "add-ons",
          type: "kubernetes:apps/v1:DaemonSet",
          text: "    error: pod smoke-1: Startup probe failed: smoke resolves to 0 of 2 pods\n",
        }),
        line: "error: pod smoke-1: Startup probe failed: smoke resolves to 0 of 2 pods",
      },
    ],
    isNot: [
      { when: "an error mentions resolving", evidence: failedRun(well, { ...join, text: "    error: it resolves\n" }) },
    ],
  },
  "pods do not reach each other": {
    is: [
      {
        when: "a pod does not answer the smoke check",
        evidence: failedRun(well, {
          step: "add-ons",
          type: "kubernetes:apps/v1:DaemonSet",
          text: "    error: pod smoke-1: Startup probe failed: 10.244.2.3 did not answer, 1 of 2 pods did\n",
        }),
        line: "error: pod smoke-1: Startup probe failed: 10.244.2.3 did not answer, 1 of 2 pods did",
      },
    ],
    isNot: [
      {
        when: "a node does not answer",
        evidence: failedRun(well, { ...join, text: "    error: 192.168.222.100 did not answer\n" }),
      },
    ],
  },
};
