import { inItems, inLog, type Evidence, type Symptom } from "../evidence.ts";
import type { KnownCause } from "./known-cause.ts";

/** Finds lines of the failed run, or of the attempt to ask a node over ssh. */
const ofSsh = (evidence: Evidence, pattern: RegExp): readonly Symptom[] => [
  ...inLog(evidence, pattern),
  ...inItems(evidence, ["ssh"], pattern),
];

/** Causes that keep ssh from logging in to a node that answers. */
export const loginCauses: readonly KnownCause[] = [
  {
    name: "host key mismatch",
    cause: "Another machine answers at the node's address, or the node has a new host key.",
    fix: "Compare `leases-*.txt` with the node's address. If you recreated the node by hand: `npm run refresh`, then `npm run up`.",
    symptoms: (evidence) =>
      ofSsh(
        evidence,
        /host key mismatch|key mismatch|REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/i,
      ),
  },
  {
    name: "ssh key with a passphrase",
    cause: "Your private key has a passphrase, and no remote step can ask for it.",
    fix: "Set a key without a passphrase (sshPublicKey, sshPrivateKeyPath), or load the key into an agent and set sshAgent.",
    symptoms: (evidence) => ofSsh(evidence, /private key is passphrase protected|cannot decode encrypted private keys/),
  },
  {
    name: "ssh key refused",
    cause: "The node does not accept your ssh key.",
    fix: "Use the sshPublicKey, sshPrivateKeyPath (or the agent) and sshUser of the last `up`. A key with a passphrase needs sshAgent.",
    symptoms: (evidence) => ofSsh(evidence, /ssh: unable to authenticate|Permission denied \([a-z,-]*publickey/),
  },
];
