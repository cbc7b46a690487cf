import { failedRun, silent } from "../evidence.ts";
import { join, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/login.ts. */
export const loginFixtures: CauseFixtures = {
  "host key mismatch": {
    is: [
      {
        when: "a remote step meets another host key",
        evidence: failedRun(well, {
          ...join,
          text: "    error: connecting to 192.168.222.100:22: ssh: handshake failed: ssh: host key mismatch\n",
        }),
        line: "error: connecting to 192.168.222.100:22: ssh: handshake failed: ssh: host key mismatch",
      },
      {
        when: "ssh meets another host key",
        evidence: silent(well, worker, "Host key verification failed."),
        line: "Host key verification failed.",
      },
    ],
    isNot: [
      {
        when: "the host key is unknown",
        evidence: silent(well, worker, "its host key is not known, and the guest agent does not tell it"),
      },
    ],
  },
  "ssh key with a passphrase": {
    is: [
      {
        when: "a remote step cannot decrypt the key",
        evidence: failedRun(well, {
          ...join,
          text: "    error: connecting to 192.168.222.100:22: ssh: this private key is passphrase protected\n",
        }),
        line: "error: connecting to 192.168.222.100:22: ssh: this private key is passphrase protected",
      },
    ],
    isNot: [
      {
        when: "the stack has a passphrase",
        evidence: failedRun(well, { ...join, text: "    error: the stack is protected by a passphrase\n" }),
      },
    ],
  },
  "ssh key refused": {
    is: [
      {
        when: "a remote step cannot authenticate",
        evidence: failedRun(well, {
          ...join,
          text: "    error: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain\n",
        }),
        line: "error: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      },
      {
        when: "ssh cannot authenticate",
        evidence: silent(well, worker, "ops@192.168.222.100: Permission denied (publickey)."),
        line: "ops@192.168.222.100: Permission denied (publickey).",
      },
    ],
    isNot: [
      {
        when: "a file of the node is not readable",
        evidence: silent(well, worker, "/etc/nodeforge: Permission denied"),
      },
    ],
  },
};
