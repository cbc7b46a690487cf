import pMap from "p-map";
import type { Virsh } from "../../libvirt/virsh.ts";
import { machinesOf, readMachineState, wordFor } from "../machines/machine.ts";
import type { Kubectl } from "../machines/readiness.ts";
import { isReady, kubernetesNodes } from "../stack/kubernetes-nodes.ts";
import type { StackState } from "../stack/state.ts";
import type { Condition } from "./condition.ts";

/** State of a node's machine and Node at one moment; a field is undefined where nothing was asked or nothing answered. */
export interface NodeState {
  /** A word of `virsh domstate`, "off", "saved" or "missing". */
  readonly machine?: string;
  /** As `kubectl get nodes` prints it; "missing" where Kubernetes does not have the Node. */
  readonly node?: string;
}

/** States of nodes by their names. */
export type NodeStates = ReadonlyMap<string, NodeState>;

/** Connections of {@link readNodeStates}. */
export interface StateSources {
  readonly state: StackState;
  readonly connect: (uri: string) => Virsh;
  /** kubectl of the cluster. It may reject each call. */
  readonly ask: Kubectl;
}

/** Five calls of virsh at a time, because each is a login over ssh, and sshd refuses more than ten at once. */
const concurrency = 5;

/** Reads the state of each node of a stack. A hypervisor or an API server that does not answer leaves its fields undefined. */
export async function readNodeStates({ state, connect, ask }: StateSources): Promise<NodeStates> {
  const [machines, nodes] = await Promise.all([
    pMap(
      machinesOf(state),
      async ({ name, uri, uuid }) => {
        const machine = await readMachineState(connect(uri), uuid).then(wordFor, () => undefined);
        return [name, machine] as const;
      },
      { concurrency },
    ),
    kubernetesNodes(ask).then(
      (found) => new Map(found.map(({ name, status }) => [name, status])),
      () => undefined,
    ),
  ]);
  return new Map(
    machines.map(([name, machine]) => [
      name,
      {
        ...(machine === undefined ? {} : { machine }),
        ...(nodes === undefined ? {} : { node: nodes.get(name) ?? "missing" }),
      },
    ]),
  );
}

/** Condition of a node. A stopped machine counts before its Node, because a Node stays Ready for 40 s after the stop. */
export function conditionOf({ machine, node }: NodeState): Condition {
  if (machine === "missing") return "missing";
  if (machine !== undefined && machine !== "running") return "off";
  if (node === undefined) return "unknown";
  return isReady(node) ? "ready" : "not-ready";
}

/** State of a node in words, for its box; undefined where nothing is known. */
export function wordsFor({ machine, node }: NodeState): string | undefined {
  if (machine === undefined && node === undefined) return undefined;
  const words = [`machine ${machine ?? "unknown"}`, `node ${node === undefined ? "unknown" : node.replace(",", ", ")}`];
  return words.join(", ");
}
