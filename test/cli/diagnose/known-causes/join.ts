import { but, failedRun, asked } from "../evidence.ts";
import { gate, init, invalidAt, join, lateClock, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/join.ts. */
export const joinFixtures: CauseFixtures = {
  "certificates expired": {
    is: [
      {
        when: "a step meets an expired certificate",
        evidence: failedRun(well, {
          ...join,
          text: `    error: ${invalidAt("2026-11-21T07:46:44Z", "after", "2026-11-10T00:00:00Z")}\n`,
        }),
        line: "error: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-21T07:46:44Z is after 2026-11-10T00:00:00Z",
      },
      {
        when: "the API server's journal has an expired certificate",
        evidence: but(
          well,
          "kube-apiserver",
          "master",
          `err="[${invalidAt("2026-11-21T07:46:44Z", "after", "2026-10-01T00:00:00Z")}]"\n`,
        ),
        line: 'err="[tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-21T07:46:44Z is after 2026-10-01T00:00:00Z]"',
      },
      {
        when: "the API server refuses an expired certificate",
        evidence: but(well, "api-server", "master", "error: Get readyz: remote error: tls: expired certificate\n"),
        line: "error: Get readyz: remote error: tls: expired certificate",
      },
      {
        when: "the message has no dates and the clocks are right",
        evidence: failedRun(well, { ...join, text: "    error: x509: certificate has expired or is not yet valid\n" }),
        line: "error: x509: certificate has expired or is not yet valid",
      },
    ],
    isNot: [
      {
        when: "the certificate is not valid yet",
        evidence: failedRun(well, {
          ...join,
          text: `    error: ${invalidAt("2026-11-21T07:46:44Z", "before", "2026-11-22T00:00:00Z")}\n`,
        }),
      },
      {
        when: "the certificate expires in the future",
        evidence: failedRun(well, {
          ...join,
          text: `    error: ${invalidAt("2028-11-21T07:46:44Z", "after", "2027-11-20T00:00:00Z")}\n`,
        }),
      },
      {
        when: "a node's clock is wrong",
        evidence: failedRun(lateClock, {
          ...join,
          text: `    error: ${invalidAt("2026-11-21T07:46:44Z", "after", "2026-11-10T00:00:00Z")}\n`,
        }),
      },
    ],
  },
  "clock wrong": {
    is: [
      { when: "a node's clock is behind", evidence: lateClock, line: "the node's clock is off by -86400 s" },
      {
        when: "a certificate is not valid yet",
        evidence: failedRun(well, {
          ...join,
          text: `    error: ${invalidAt("2026-11-20T07:46:44Z", "before", "2026-11-21T00:00:00Z")}\n`,
        }),
        line: "error: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-20T07:46:44Z is before 2026-11-21T00:00:00Z",
      },
      {
        when: "a certificate is called expired before it is",
        evidence: failedRun(well, {
          ...join,
          text: `    error: ${invalidAt("2028-11-21T07:46:44Z", "after", "2027-11-20T00:00:00Z")}\n`,
        }),
        line: "error: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2028-11-21T07:46:44Z is after 2027-11-20T00:00:00Z",
      },
    ],
    isNot: [
      {
        when: "a node's clock is off by half a minute",
        evidence: but(well, "clock", worker, `asked ${asked} ${asked + 90}\nnode ${asked + 120}\n`),
      },
    ],
  },
  "name taken in the cluster": {
    is: [
      {
        when: "another machine has the worker's name",
        evidence: failedRun(well, {
          ...join,
          step: "token or leaving",
          text: "    error: [  2s] FAILED: another machine named worker-node-1 is in the cluster and Ready, at 192.168.222.7\n",
        }),
        line: "error: [  2s] FAILED: another machine named worker-node-1 is in the cluster and Ready, at 192.168.222.7",
      },
    ],
    isNot: [
      {
        when: "an error mentions another machine",
        evidence: failedRun(well, { ...join, text: "    error: another machine is busy\n" }),
      },
    ],
  },
  "token refused": {
    is: [
      {
        when: "the CA has another hash",
        evidence: failedRun(well, {
          ...join,
          text: '    error: couldn\'t validate the identity of the API Server: invalid discovery token CA certificate hash: invalid hash "sha256:x"\n',
        }),
        line: 'error: couldn\'t validate the identity of the API Server: invalid discovery token CA certificate hash: invalid hash "sha256:x"',
      },
      {
        when: "the cluster does not know the token",
        evidence: failedRun(well, {
          ...join,
          text: '    error: could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"\n',
        }),
        line: 'error: could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"',
      },
      {
        when: "the CA has none of the pinned keys",
        evidence: failedRun(well, {
          ...join,
          text: '    error: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:1" are pinned\n',
        }),
        line: 'error: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:1" are pinned',
      },
      {
        when: "the CA is unknown",
        evidence: failedRun(well, {
          ...join,
          text: "    error: tls: failed to verify certificate: x509: certificate signed by unknown authority\n",
        }),
        line: "error: tls: failed to verify certificate: x509: certificate signed by unknown authority",
      },
      {
        when: "kubeadm calls the token invalid",
        evidence: failedRun(well, {
          ...join,
          text: '    error: error execution phase preflight: couldn\'t validate: invalid token "x"\n',
        }),
        line: 'error: error execution phase preflight: couldn\'t validate: invalid token "x"',
      },
      {
        when: "kubelet may not request a certificate",
        evidence: failedRun(
          but(well, "kubelet", worker, 'err="cannot create certificate signing request: Unauthorized"\n'),
          { ...join, text: "    error: timed out waiting for the condition\n" },
        ),
        line: 'err="cannot create certificate signing request: Unauthorized"',
      },
    ],
    isNot: [
      {
        when: "the control plane meets an unknown CA",
        evidence: failedRun(well, { ...init, text: "    error: x509: certificate signed by unknown authority\n" }),
      },
      {
        when: "kubelet is unauthorized in a cluster that joined",
        evidence: but(well, "kubelet", worker, "certificate_manager.go:562] Unauthorized\n"),
      },
    ],
  },
  "kubelet's certificate not approved": {
    is: [
      {
        when: "the control plane has left a request undecided",
        evidence: but(
          well,
          "kubelet-requests",
          "master",
          "csr-8x2lq is not approved: worker-node-1 asks for other names than DNS:worker-node-1, IP Address:192.168.222.100: DNS:master, IP Address:192.168.222.10\n",
        ),
        line: "csr-8x2lq is not approved: worker-node-1 asks for other names than DNS:worker-node-1, IP Address:192.168.222.100: DNS:master, IP Address:192.168.222.10",
      },
      {
        when: "the gate reached its limit with an undecided request",
        evidence: failedRun(well, {
          ...gate,
          text: '    error: [620s] FAILED: the serving certificates of 2 kubelets: still missing after 600s: worker-node-1 serves no certificate of the CA of the cluster;csr-8x2lq is not approved: its user is no expected node: "system:node:worker" []\n',
        }),
        line: 'error: [620s] FAILED: the serving certificates of 2 kubelets: still missing after 600s: worker-node-1 serves no certificate of the CA of the cluster;csr-8x2lq is not approved: its user is no expected node: "system:node:worker" []',
      },
    ],
    isNot: [
      {
        when: "no request is undecided",
        evidence: but(well, "kubelet-requests", "master", ""),
      },
      {
        when: "no approval has run yet",
        evidence: but(
          well,
          "kubelet-requests",
          "master",
          "cat: /run/nodeforge-kubelets.refused: No such file or directory\n\n(exit code 1)\n",
        ),
      },
      {
        when: "only the journal has a request of earlier days",
        evidence: but(
          well,
          "kubelet-approval",
          "master",
          'bash[99]: [   1s] csr-8x2lq is not approved: its user is no expected node: "system:node:worker" []\n',
        ),
      },
    ],
  },
  "pods block a drain": {
    is: [
      {
        when: "a disruption budget refuses an eviction",
        evidence: failedRun(well, {
          ...join,
          step: "token or leaving",
          text: "    error: evicting pod default/web-0\nCannot evict pod as it would violate the pod's disruption budget.\n",
        }),
        line: "Cannot evict pod as it would violate the pod's disruption budget.",
      },
    ],
    isNot: [
      {
        when: "a drain begins",
        evidence: failedRun(well, { ...join, text: "    error: draining worker-node-1, at most 5 minutes\n" }),
      },
    ],
  },
};
