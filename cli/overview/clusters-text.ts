import { columns } from "../../lib/table.ts";
import type { ClusterList, ListedCluster } from "./clusters.ts";
import { memoryText } from "./memory-text.ts";

/** Returns clusters as a table for a terminal, and below it what could not be read. */
export function clustersText({ clusters, problems }: ClusterList): string {
  const head = ["CLUSTER", "STACK", "CHECKOUT", "MACHINES", "RUNNING", "MEMORY"];
  const table =
    clusters.length === 0
      ? "this machine has no cluster; `npm run up` creates one"
      : columns([head, ...clusters.map(row)]);
  return [table, ...problems.map((problem) => `warning: ${problem}`)].join("\n");
}

function row({ cluster = "-", stack = "-", checkout = "another", machines, running, memoryMiB }: ListedCluster) {
  return [
    cluster,
    stack,
    checkout,
    String(machines),
    running === undefined ? "?" : String(running),
    memoryText(memoryMiB),
  ];
}
