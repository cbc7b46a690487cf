import { columns } from "../../lib/table.ts";
import { memoryText } from "./memory-text.ts";
import type { ClusterStatus, NodeStatus } from "./cluster-status.ts";

/** Returns the status of a cluster as one screen for a terminal. */
export function statusText(status: ClusterStatus): string {
  const { stack, cluster, nodes, simulatedNodes, apiServer, certificates, lastRun, context, hints } = status;
  const head = ["NODE", "ROLE", "STATUS", "VERSION", "ADDRESS", "MACHINE", "MEMORY", "POOL"];
  const simulated = Object.entries(simulatedNodes).map(([pool, count]) => `${count} in pool ${pool}`);
  const health = apiServer.isReady ? "ready" : "not ready";
  const facts = [
    ...(simulated.length === 0 ? [] : [["simulated nodes", simulated.join(", ")]]),
    ["API server", [apiServer.endpoint, health].filter(Boolean).join(", ")],
    [
      "certificates",
      certificates === undefined ? "unknown" : `end on ${certificates.end.slice(0, 10)}, in ${certificates.days} days`,
    ],
    [
      "last run",
      lastRun === undefined ? "none is recorded" : `${lastRun.command} ${lastRun.outcome}, ${lastRun.start}`,
    ],
    [
      "context",
      context === undefined
        ? "not in your kubeconfig"
        : `${context.name} in ${context.file}${context.isCurrent ? ", the current one" : ""}`,
    ],
  ];
  return [
    `cluster ${cluster} of stack ${stack}`,
    "",
    columns([head, ...nodes.map(row)]),
    "",
    columns(facts),
    ...(hints.length === 0 ? [] : ["", ...hints.map((hint) => `warning: ${hint}`)]),
  ].join("\n");
}

function row({ name, role, status, version, address, machine, memoryMiB, pool }: NodeStatus): readonly string[] {
  return [name, role, status ?? "-", version ?? "-", address ?? "-", machine, memoryText(memoryMiB), pool ?? "-"];
}
