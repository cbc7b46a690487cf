import { nameOfUrn } from "../../names.ts";
import { isControlPlane } from "./phase.ts";

/** State of a node in an update. `waits`: no step of it runs, and it is not complete. */
export type NodeStatus = "unchanged" | "waits" | "works" | "complete" | "failed" | "removed";

/** A node in an update. Times are in milliseconds, from any beginning. */
export interface NodeView {
  /** Name without the cluster's name. */
  readonly name: string;
  readonly isControlPlane: boolean;
  readonly status: NodeStatus;
  /** The running or failed phase, or the last one; "" before the first. */
  readonly phase: string;
  /** Begin of the phase, or of the wait. */
  readonly since: number;
  /** Begin of the first phase; undefined before it. */
  readonly begun: number | undefined;
  /** End of the last phase of a node that is complete, failed or removed. */
  readonly ended: number | undefined;
  /** Last line that the running step has printed; "" for none. */
  readonly message: string;
}

/** Change of a node by an event. */
export interface NodeChange {
  readonly is: "node";
  readonly node: NodeView;
}

/** State of each node in an update, by the URN of its component. */
export class NodeTable {
  readonly #nodes = new Map<string, NodeView>();
  #cluster = "";

  /** Every node, in the order of its first event. */
  get views(): readonly NodeView[] {
    return [...this.#nodes.values()];
  }

  /** Takes the name of the cluster, with which the names of its resources begin. */
  nameCluster(name: string): void {
    this.#cluster = name;
  }

  /** Returns a node; undefined for another resource, and before the node's first event. */
  get(urn: string): NodeView | undefined {
    return this.#nodes.get(urn);
  }

  /** Name of a node, or of another resource. */
  nameOf(urn: string): string {
    return this.#nodes.get(urn)?.name ?? nameOfUrn(urn);
  }

  /** Adds a node. Nothing happens where the table has it. */
  add(urn: string, status: NodeStatus, at: number): void {
    if (this.#nodes.has(urn)) return;
    const start = `${this.#cluster}-`;
    const full = nameOfUrn(urn);
    this.#nodes.set(urn, {
      name: full.startsWith(start) ? full.slice(start.length) : full,
      isControlPlane: isControlPlane(urn),
      status,
      phase: "",
      since: at,
      begun: undefined,
      ended: undefined,
      message: "",
    });
  }

  /** A node begins a phase. @returns the change; none for a node that failed, and within the same phase. */
  enter(urn: string, phase: string, at: number): readonly NodeChange[] {
    this.add(urn, "waits", at);
    const node = this.#nodes.get(urn);
    if (node?.status === "failed" || (node?.status === "works" && node.phase === phase)) return [];
    const begun = node?.begun ?? at;
    return this.change(urn, { status: "works", phase, since: at, begun, ended: undefined, message: "" });
  }

  /** Changes a node. @returns the change; none for a node that the table does not have. */
  change(urn: string, change: Partial<NodeView>): readonly NodeChange[] {
    const node = this.#nodes.get(urn);
    if (node === undefined) return [];
    const next = { ...node, ...change };
    this.#nodes.set(urn, next);
    return [{ is: "node", node: next }];
  }
}
