import { failedRun, silent } from "../evidence.ts";
import { join, onRemote, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/reachability.ts. */
export const reachabilityFixtures: CauseFixtures = {
  "nodes unreachable": {
    is: [
      {
        when: "there is no route",
        evidence: failedRun(onRemote(well), {
          ...join,
          text: "    error: after 60 failed attempts: dial tcp 192.168.222.100:22: connect: no route to host\n",
        }),
        line: "error: after 60 failed attempts: dial tcp 192.168.222.100:22: connect: no route to host",
      },
      {
        when: "connecting times out",
        evidence: failedRun(onRemote(well), {
          ...join,
          text: "    error: after 60 failed attempts: dial tcp 192.168.222.100:22: i/o timeout\n",
        }),
        line: "error: after 60 failed attempts: dial tcp 192.168.222.100:22: i/o timeout",
      },
    ],
    isNot: [
      {
        when: "the hypervisor is this machine",
        evidence: failedRun(well, { ...join, text: "    error: dial tcp 192.168.222.100:22: i/o timeout\n" }),
      },
      {
        when: "a node behind a remote hypervisor refuses the connection",
        evidence: failedRun(onRemote(well), {
          ...join,
          text: "    error: dial tcp 192.168.222.100:22: connect: connection refused\n",
        }),
      },
    ],
  },
  "ssh not answered": {
    is: [
      {
        when: "the node refuses the connection",
        evidence: failedRun(well, {
          ...join,
          text: "    error: connecting to 192.168.222.100:22: after 60 failed attempts: dial tcp 192.168.222.100:22: connect: connection refused\n",
        }),
        line: "error: connecting to 192.168.222.100:22: after 60 failed attempts: dial tcp 192.168.222.100:22: connect: connection refused",
      },
      {
        when: "ssh times out",
        evidence: silent(well, worker, "ssh: connect to host 192.168.222.100 port 22: Connection timed out"),
        line: "ssh: connect to host 192.168.222.100 port 22: Connection timed out",
      },
    ],
    isNot: [
      {
        when: "the API server refuses the connection",
        evidence: failedRun(well, {
          ...join,
          text: "    error: dial tcp 192.168.222.10:6443: connect: connection refused\n",
        }),
      },
    ],
  },
  "node not booted in time": {
    is: [
      {
        when: "the step reached its limit",
        evidence: failedRun(well, {
          node: worker,
          step: "host key",
          type: "command:local:Command",
          text: "    error: no address and host key of lab-worker-node-1 within 1200 s: error: Guest agent is not responding: QEMU guest agent is not connected\n",
        }),
        line: "error: no address and host key of lab-worker-node-1 within 1200 s: error: Guest agent is not responding: QEMU guest agent is not connected",
      },
    ],
    isNot: [
      {
        when: "the step still waits and fails otherwise",
        evidence: failedRun(well, {
          node: worker,
          step: "host key",
          type: "command:local:Command",
          text: "    waiting for address and host key of lab-worker-node-1: error: Guest agent is not responding\n    error: node: not found\n",
        }),
      },
    ],
  },
};
