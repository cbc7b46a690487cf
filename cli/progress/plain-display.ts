import { duration } from "../../lib/log.ts";
import type { Display, Window } from "./display.ts";
import { changing, isOver, stateOf, tally } from "./frame.ts";
import type { Change, NodeProgress } from "./node-progress.ts";
import type { NodeView } from "./node-table.ts";
import { spoken } from "./spoken.ts";

/** Most nodes that get a line for each phase. */
const mostNodes = 20;

/**
 * Returns a display that never overwrites a line: one for each phase of a node. Above {@link mostNodes} nodes, it prints one
 * line for each tenth of the nodes, and one for each failed node.
 * @param began Begin of the update, in milliseconds.
 */
export function plainDisplay(window: Window, began: number): Display {
  let tenths = 0;
  /** Last line of each node, because one phase may have several steps. */
  const last = new Map<string, string>();
  const begun = new Set<string>();
  const say = (line: string) => void window.write(`${line}\n`);
  const timed = (line: string, at: number) => say(`${duration(at - began).padStart(6)}  ${line}`);
  const showNode = (progress: NodeProgress, node: NodeView, at: number) => {
    const nodes = changing(progress.nodes);
    const isMany = nodes.length > mostNodes;
    const isNew = last.get(node.name) !== stateOf(node);
    // A wait between two steps of a phase is no other phase.
    if (node.status !== "waits") last.set(node.name, stateOf(node));
    if (isNew && (node.status === "failed" || (!isMany && node.status !== "waits"))) timed(nodeLine(node, at), at);
    if (!isMany || !isOver(node)) return;
    const over = nodes.filter((other) => isOver(other)).length;
    const reached = Math.floor((over * 10) / nodes.length);
    if (reached > tenths) timed(`${reached * 10} %: ${tally(progress.nodes)}`, at);
    tenths = reached;
  };
  const showPart = (part: Change & { is: "part" }, at: number) => {
    // The add-ons are many short steps, one after the other.
    const isShort = part.state === "ended" && part.seconds < 1;
    const isRepeated = part.state === "begun" && begun.has(part.name);
    begun.add(part.name);
    if (!isShort && !isRepeated) timed(partLine(part), at);
  };
  const showChange = (progress: NodeProgress, change: Change, at: number) => {
    if (change.is === "node") showNode(progress, change.node, at);
    else if (change.is === "part") showPart(change, at);
    else for (const line of spoken(change)) timed(line, at);
  };
  return {
    show: (progress, changes, at) => {
      for (const change of changes) showChange(progress, change, at);
    },
    say,
    end: () => undefined,
  };
}

function nodeLine(node: NodeView, at: number): string {
  const total = isOver(node) && node.begun !== undefined ? ` after ${duration(at - node.begun)}` : "";
  const message = node.status === "failed" && node.message !== "" ? `: ${node.message}` : "";
  return `${node.name}: ${stateOf(node)}${total}${message}`;
}

function partLine({ name, state, seconds }: Change & { is: "part" }): string {
  return state === "begun"
    ? name
    : `${name}: ${state === "failed" ? "failed" : "done"} after ${duration(seconds * 1000)}`;
}
