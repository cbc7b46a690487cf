import { nameOfUrn, resourceType } from "../../names.ts";
import { ClusterParts, type PartChange, type PartView } from "./cluster-parts.ts";
import type { EngineEvent, Step } from "../engine-events/engine-event.ts";
import { NodeTable, type NodeChange, type NodeView } from "./node-table.ts";
import { afterCloudInit, isNode, meaningOf } from "./phase.ts";
import { PhaseTimes } from "./phase-times.ts";

/** Change by an event, for a display that prints a line for each change. */
export type Change =
  | NodeChange
  | PartChange
  /** Something that a step of no bring-up prints, such as a drain. */
  | { readonly is: "message"; readonly from: string; readonly text: string }
  | { readonly is: "warning"; readonly from: string; readonly text: string };

interface RunningStep {
  /** URN of the node; undefined for the cluster. */
  readonly node: string | undefined;
  readonly phase: string;
  readonly isDeletion: boolean;
}

/** State of each node in an update: a fold of the engine's events, which uses no clock and nothing but the events. */
export class NodeProgress {
  readonly #nodes = new NodeTable();
  readonly #running = new Map<string, RunningStep>();
  readonly #parts = new ClusterParts();
  readonly #times = new PhaseTimes();
  #changes: Readonly<Record<string, number>> = {};

  /** Every node, in the order of its first event. */
  get nodes(): readonly NodeView[] {
    return this.#nodes.views;
  }

  /** Parts of the cluster that are at work. */
  get parts(): readonly PartView[] {
    return this.#parts.views;
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
    if (type === resourceType.cluster) this.#nodes.nameCluster(nameOfUrn(urn));
    if (isNode(urn)) this.#nodes.add(urn, op === "create" ? "waits" : "unchanged", at);
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
      ? this.#parts.begin(running.phase, at)
      : this.#enter(running.node, running.phase, at);
  }

  #end(step: Step, is: "ended" | "failed", at: number): readonly Change[] {
    const { urn, op } = step;
    const running = this.#running.get(urn);
    this.#running.delete(urn);
    if (isNode(urn) && op === "delete" && is === "ended")
      return this.#nodes.change(urn, { status: "removed", ended: at });
    if (running !== undefined && running.node === undefined) return this.#parts.end(running.phase, is, at);
    const meaning = meaningOf(step);
    const node = running?.node ?? meaning?.node;
    if (node === undefined || meaning === undefined) return [];
    if (running !== undefined) this.#times.end(node, running.phase, at);
    if (is === "failed") {
      return this.#nodes.change(node, { status: "failed", phase: running?.phase ?? meaning.phase, ended: at });
    }
    const known = this.#nodes.get(node);
    if (known === undefined || known.status === "failed") return [];
    if (meaning.completes) {
      if (known.begun !== undefined) return this.#nodes.change(node, { status: "complete", ended: at, message: "" });
      // No step of the node had work, which no display tells.
      this.#nodes.change(node, { status: "unchanged" });
      return [];
    }
    if (running === undefined) return [];
    const next = [...this.#running.values()].findLast((other) => other.node === node);
    if (next !== undefined) return this.#nodes.change(node, { phase: next.phase });
    return this.#nodes.change(node, { status: "waits", since: at, message: "" });
  }

  #hear({ urn, severity, text }: EngineEvent & { is: "message" }, at: number): readonly Change[] {
    const last = text.split("\n").findLast((line) => line.trim() !== "") ?? "";
    const running = this.#running.get(urn);
    const from = urn === "" ? "" : this.#nodes.nameOf(running?.node ?? urn);
    if (severity === "warning") return [{ is: "warning", from, text }];
    if (running === undefined || last === "") return [];
    const { node, phase, isDeletion } = running;
    if (node === undefined || isDeletion) {
      if (node !== undefined) this.#nodes.change(node, { message: last });
      return text.split("\n").map((line) => ({ is: "message", from, text: line }));
    }
    const changes =
      phase === "cloud-init" && !/waiting for cloud-init$/.test(last) ? this.#leaveCloudInit(urn, running, at) : [];
    this.#nodes.change(node, { message: last });
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

  #enter(node: string, phase: string, at: number): readonly NodeChange[] {
    this.#times.begin(node, phase, at);
    return this.#nodes.enter(node, phase, at);
  }
}
