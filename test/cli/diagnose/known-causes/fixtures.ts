import type { Evidence } from "../../../../cli/diagnose/evidence.ts";
import { asked, but, healthy, node, silent } from "../evidence.ts";

/** Evidence that a cause explains best. */
export interface Recognised {
  /** Situation, as the end of a sentence: "is the most likely cause when …". */
  readonly when: string;
  readonly evidence: Evidence;
  /** Line of the first symptom. */
  readonly line: string;
}

/** Evidence that resembles a cause and has another one. */
export interface Lookalike {
  /** Situation, as the end of a sentence: "is not suspected when …". */
  readonly when: string;
  readonly evidence: Evidence;
}

/** Fixtures of one group of causes, by the cause's name. */
export type CauseFixtures = Readonly<
  Record<string, { readonly is: readonly Recognised[]; readonly isNot: readonly Lookalike[] }>
>;

/** Evidence of a cluster without a problem. */
export const well = healthy();

export const worker = "worker-node-1";

/** A failed creation of the worker's machine. */
export const domain = { node: worker, step: "machine", resource: "lab-worker-node-1", type: "libvirt:index:Domain" };

/** A failed first step of the control plane. */
export const init = { node: "master", step: "control plane", resource: "lab-master-init" };

/** A failed join of the worker. */
export const join = { node: worker, step: "join", resource: "lab-worker-node-1-join" };

/** The failed step that waits until every node is Ready. */
export const gate = { step: "waiting until all nodes are Ready", resource: "lab-ready" };

/** Evidence of a run that printed this and changed nothing. */
export const printed = (log: string): Evidence => ({ ...well, log });

/** The evidence of a worker whose machine was never created. */
export const unreached = (evidence: Evidence): Evidence => ({
  ...evidence,
  failed: [worker],
  failures: [{ ...domain, type: "", text: "" }],
  nodes: [node("master"), { ...node(worker, "machine", "host key", "token", "join"), address: undefined }],
});

/** Evidence of a worker without a DHCP lease. */
export const noLease = silent(
  but(
    well,
    "leases-lab",
    undefined,
    " Expiry Time   MAC address\n 2026   52:54:ac:74:0d:61   ipv4   192.168.222.10/24\n",
  ),
  worker,
  "the node has no address that the state or libvirt knows",
);

/** Go's error about a certificate outside its validity. */
export const invalidAt = (now: string, relation: "after" | "before", limit: string) =>
  `tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${now} is ${relation} ${limit}`;

/** Evidence of a worker whose clock is a day behind. */
export const lateClock = but(well, "clock", worker, `asked ${asked} ${asked + 90}\nnode ${asked - 86_400}\n`);

/** The evidence of nodes on a remote hypervisor. */
export const onRemote = (evidence: Evidence): Evidence => ({
  ...evidence,
  nodes: evidence.nodes.map((each) => ({ ...each, uri: "qemu+ssh://host/system" })),
});
