import { nameOfUrn, resourceType } from "../../names.ts";
import type { EngineEvent, Step } from "./engine-event.ts";
import { afterCloudInit, isControlPlane, isNode, meaningOf } from "./phase.ts";
import { PhaseTimes } from "./phase-times.ts";

/** State of a node in an update. `waits`: no step of it runs, and it is not complete. */
export type NodeStatus = "unchanged" | "waits" | "works" | "complete" | "failed" | "removed";

/** A node in an update. Times are those of {@link NodeProgress.take}. */
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

/** A part of the cluster that is no node's, such as its network. */
export interface PartView {
  readonly name: string;
  readonly since: number;
}

/** Change by an event, for a display that prints a line for each change. */
export type Change =
  | { readonly is: "node"; readonly node: NodeView }
  | {
      readonly is: "part";
      readonly name: string;
      readonly state: "begun" | "ended" | "failed";
      readonly seconds: number;
    }
  /** Something that a step of no bring-up prints, such as a drain. */
  | { readonly is: "message"; readonly from: string; readonly text: string }
  | { readonly is: "warning"; readonly from: string; readonly text: string };

interface NodeRecord extends Omit<NodeView, "isControlPlane"> {
  readonly urn: string;
}

interface RunningStep {
  /** URN of the node; undefined for the cluster. */
  readonly node: string | undefined;
  readonly phase: string;
  readonly isDeletion: boolean;
}

/** State of each node in an update: a fold of the engine's events, which uses no clock and nothing but the events. */
export class NodeProgress {
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #running = new Map<string, RunningStep>();
  readonly #parts = new Map<string, { readonly since: number; readonly steps: number }>();
  readonly #times = new PhaseTimes();
  #cluster = "";
  #changes: Readonly<Record<string, number>> = {};

  /** Every node, in the order of its first event. */
  get nodes(): readonly NodeView[] {
    return [...this.#nodes.values()].map((record) => viewOf(record));
  }

  /** Parts of the cluster that are at work. */
  get parts(): readonly PartView[] {
    return [...this.#parts].filter(([, { steps }]) => steps > 0).map(([name, { since }]) => ({ name, since }));
  }

  /** Longest time of a node in each phase, in milliseconds, in the order of the phases. */
  get longest(): readonly (readonly [phase: string, milliseconds: number])[] {
    return this.#times.longest();
  }

  /** Number of changed resources by operation, from the engine's summary; empty before it. */
  get changes(): Readonly<Record<string, number>> {
    return this.#changes;
  }

  /**
   * Takes the next event of an update.
   * @param at Time in milliseconds, from any beginning. It never decreases.
   * @returns what has changed.
   */
  take(event: EngineEvent, at: number): readonly Change[] {
    switch (event.is) {
      case "begun":
        return this.#begin(event.step, at);
      case "ended":
      case "failed":
        return this.#end(event.step, event.is, at);
      case "message":
        return this.#hear(event, at);
      case "summary":
        this.#changes = event.changes;
        return [];
      default:
        return [];
    }
  }

  #begin(step: Step, at: number): readonly Change[] {
    const { urn, type, op } = step;
    if (type === resourceType.cluster) this.#cluster = nameOfUrn(urn);
    if (isNode(urn)) this.#know(urn, op === "create" ? "waits" : "unchanged", at);
    const meaning = meaningOf(step);
    if (meaning === undefined || meaning.work === "none") return [];
    const isDeletion = meaning.work === "delete";
    // Resources that a complete node no longer uses are deleted at the end, and the node works meanwhile.
    const isCleanUp = isDeletion && meaning.node !== undefined && this.#nodes.get(meaning.node)?.status === "complete";
    const running = isCleanUp
      ? { node: undefined, phase: "clean-up", isDeletion }
      : { node: meaning.node, phase: meaning.phase, isDeletion };
    this.#running.set(urn, running);
    return running.node === undefined
      ? this.#beginPart(running.phase, at)
      : this.#enter(running.node, running.phase, at);
  }

  #end(step: Step, is: "ended" | "failed", at: number): readonly Change[] {
    const { urn, op } = step;
    const running = this.#running.get(urn);
    this.#running.delete(urn);
    if (isNode(urn) && op === "delete" && is === "ended") return this.#set(urn, { status: "removed", ended: at });
    if (running !== undefined && running.node === undefined) return this.#endPart(running.phase, is, at);
    const meaning = meaningOf(step);
    const node = running?.node ?? meaning?.node;
    if (node === undefined || meaning === undefined) return [];
    if (running !== undefined) this.#times.end(node, running.phase, at);
    if (is === "failed") {
      return this.#set(node, { status: "failed", phase: running?.phase ?? meaning.phase, ended: at });
    }
    const record = this.#nodes.get(node);
    if (record === undefined || record.status === "failed") return [];
    if (meaning.completes) return record.begun === undefined ? this.#stay(node) : this.#complete(node, at);
    if (running === undefined) return [];
    const next = [...this.#running.values()].findLast((other) => other.node === node);
    if (next !== undefined) return this.#set(node, { phase: next.phase });
    return this.#set(node, { status: "waits", since: at, message: "" });
  }

  #hear({ urn, severity, text }: EngineEvent & { is: "message" }, at: number): readonly Change[] {
    const last = text.split("\n").findLast((line) => line.trim() !== "") ?? "";
    const running = this.#running.get(urn);
    const from = urn === "" ? "" : this.#nameOf(running?.node ?? urn);
    if (severity === "warning") return [{ is: "warning", from, text }];
    if (running === undefined || last === "") return [];
    const { node, phase, isDeletion } = running;
    if (node === undefined || isDeletion) {
      if (node !== undefined) this.#set(node, { message: last });
      return text.split("\n").map((line) => ({ is: "message", from, text: line }));
    }
    const changes =
      phase === "cloud-init" && !/waiting for cloud-init$/.test(last) ? this.#leaveCloudInit(urn, running, at) : [];
    this.#set(node, { message: last });
    return changes;
  }

  /** A step that has printed something else does not wait for cloud-init any more. */
  #leaveCloudInit(urn: string, running: RunningStep, at: number): readonly Change[] {
    const { node, phase } = running;
    if (node === undefined) return [];
    const next = afterCloudInit(urn);
    this.#running.set(urn, { ...running, phase: next });
    this.#times.end(node, phase, at);
    return this.#enter(node, next, at);
  }

  #know(urn: string, status: "waits" | "unchanged", at: number): void {
    if (this.#nodes.has(urn)) return;
    const start = `${this.#cluster}-`;
    const full = nameOfUrn(urn);
    const name = full.startsWith(start) ? full.slice(start.length) : full;
    this.#nodes.set(urn, { urn, name, status, phase: "", since: at, begun: undefined, ended: undefined, message: "" });
  }

  #enter(node: string, phase: string, at: number): readonly Change[] {
    this.#know(node, "waits", at);
    this.#times.begin(node, phase, at);
    const record = this.#nodes.get(node);
    if (record?.status === "failed" || (record?.status === "works" && record.phase === phase)) return [];
    return this.#set(node, {
      status: "works",
      phase,
      since: at,
      begun: record?.begun ?? at,
      ended: undefined,
      message: "",
    });
  }

  #complete(node: string, at: number): readonly Change[] {
    return this.#set(node, { status: "complete", ended: at, message: "" });
  }

  /** A node of which no step had work. */
  #stay(node: string): readonly Change[] {
    this.#set(node, { status: "unchanged" });
    return [];
  }

  #set(urn: string, change: Partial<NodeRecord>): readonly Change[] {
    const record = this.#nodes.get(urn);
    if (record === undefined) return [];
    const next = { ...record, ...change };
    this.#nodes.set(urn, next);
    return [{ is: "node", node: viewOf(next) }];
  }

  #beginPart(name: string, at: number): readonly Change[] {
    const { since, steps } = this.#parts.get(name) ?? { since: at, steps: 0 };
    this.#parts.set(name, { since: steps === 0 ? at : since, steps: steps + 1 });
    return steps === 0 ? [{ is: "part", name, state: "begun", seconds: 0 }] : [];
  }

  #endPart(name: string, is: "ended" | "failed", at: number): readonly Change[] {
    const { since, steps } = this.#parts.get(name) ?? { since: at, steps: 1 };
    this.#parts.set(name, { since, steps: steps - 1 });
    if (is === "ended" && steps > 1) return [];
    return [{ is: "part", name, state: is, seconds: (at - since) / 1000 }];
  }

  #nameOf(urn: string): string {
    return this.#nodes.get(urn)?.name ?? nameOfUrn(urn);
  }
}

function viewOf({ urn, ...view }: NodeRecord): NodeView {
  return { ...view, isControlPlane: isControlPlane(urn) };
}
