import { duration } from "../../lib/log.ts";
import type { NodeProgress } from "./node-progress.ts";
import type { NodeStatus, NodeView } from "./node-table.ts";

/** Size of a terminal, in characters. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** Words of a state: what a node does, or what it is. */
export function stateOf({ status, phase, isControlPlane }: NodeView): string {
  switch (status) {
    case "works":
      return phase === "Ready" ? "until Ready" : phase;
    case "waits":
      return phase === "" ? "waits" : `waits after ${phase}`;
    case "complete":
      return isControlPlane ? "runs" : "Ready";
    case "failed":
      return `failed: ${phase === "Ready" ? "until Ready" : phase}`;
    case "removed":
    case "unchanged":
      return status;
  }
}

/** Nodes that an update changes. */
export function changing(nodes: readonly NodeView[]): readonly NodeView[] {
  return nodes.filter(({ status }) => status !== "unchanged");
}

/** Whether nothing more happens to a node. */
export function isOver({ status }: NodeView): boolean {
  return status === "complete" || status === "removed" || status === "failed";
}

/** Count of nodes by what they do, such as `12 of 100 nodes are complete, 3 failed`. */
export function tally(nodes: readonly NodeView[]): string {
  const count = (status: NodeStatus) => nodes.filter((node) => node.status === status).length;
  const others = (["works", "waits", "removed", "failed", "unchanged"] as const)
    .map((status) => [count(status), status === "works" ? "at work" : status === "waits" ? "waiting" : status] as const)
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`);
  const all = nodes.length - count("removed") - count("unchanged");
  return [`${count("complete")} of ${all} ${all === 1 ? "node" : "nodes"} complete`, ...others].join(", ");
}

/**
 * Lines of an update at a moment: one for each node that changes, then one for the whole cluster. Where the terminal has too few
 * rows, the nodes that are not complete come first, and one line counts the others.
 * @param now Time in milliseconds, as in {@link NodeProgress.take}.
 * @param began Begin of the update.
 */
export function frame(progress: NodeProgress, now: number, began: number, size: FrameSize): readonly string[] {
  const every = progress.nodes;
  const nodes = changing(every);
  // Below are the line of the cluster and the cursor, and above a line of what comes before.
  const room = Math.max(1, size.rows - 3);
  const shown = nodes.length <= room ? nodes : byUrgency(nodes).slice(0, room - 1);
  const rest = nodes.slice().filter((node) => !shown.includes(node));
  const parts = progress.parts.map(({ name, since }) => `${name} ${duration(now - since)}`);
  const lines = [
    ...table(shown.map((node) => cellsOf(node, now))),
    ...(rest.length === 0 ? [] : [`and ${rest.length} more: ${tally(rest)}`]),
    [`total ${duration(now - began)}`, ...(nodes.length === 0 ? [] : [tally(every)]), ...parts].join(", "),
  ];
  // The last column stays free, because some terminals wrap a full line.
  return lines.map((line) => (line.length < size.columns ? line : `${line.slice(0, size.columns - 2)}…`));
}

/** Failed nodes first, then those at work, those that wait, and the others. */
function byUrgency(nodes: readonly NodeView[]): readonly NodeView[] {
  const order: readonly NodeStatus[] = ["failed", "works", "waits", "complete", "removed"];
  return [...nodes].sort((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
}

function cellsOf(node: NodeView, now: number): readonly string[] {
  const end = node.ended ?? now;
  const phase = isOver(node) ? "" : duration(now - node.since);
  return [node.name, stateOf(node), phase, node.begun === undefined ? "" : duration(end - node.begun), node.message];
}

/** Narrowest columns, so that the columns do not move while the states change. */
const narrowest = [8, 16, 6, 6];

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = narrowest.map((least, index) => Math.max(least, ...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === 2 || index === 3 ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
