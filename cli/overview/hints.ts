import { renewalDays } from "../../lifecycle/certificates.ts";
import { isReady, type KubernetesNode } from "../stack/kubernetes-nodes.ts";
import { stackArguments } from "../stack/settings.ts";
import type { StackState } from "../stack/state.ts";
import type { ClusterStatus } from "./cluster-status.ts";

/** Returns a command of this checkout for a stack. */
export function fixFor(stack: string, command: string): string {
  const words = stackArguments(stack);
  return ["npm run", command, ...(words.length === 0 ? [] : ["--", ...words])].join(" ");
}

/** Returns one sentence with a fix for each part of a cluster that is not in order. */
export function hintsFor(
  status: Omit<ClusterStatus, "hints">,
  state: StackState,
  machines: ReadonlyMap<string, string>,
  nodes: readonly KubernetesNode[] | undefined,
): readonly string[] {
  const fix = (command: string) => `Fix: ${fixFor(status.stack, command)}`;
  const { certificates, apiServer, lastRun } = status;
  const ofMachines = status.nodes.flatMap(({ name, machine }) => {
    if (machine === "running") return [];
    if (machine === "missing") return [`the machine of ${name} is missing. ${fix("up")}`];
    if (machine === "unknown") return [`the machine of ${name} is ${machines.get(name) ?? machine}. ${fix("doctor")}`];
    return [`the machine of ${name} is ${machine}. ${fix("start")}`];
  });
  const ofNodes = (nodes ?? []).flatMap(({ name, status: word }) => {
    const own = status.nodes.find((node) => node.name === name);
    if (own === undefined) return [`Kubernetes has the node ${name}, which the stack does not have. ${fix("up")}`];
    // A node whose machine is off is named above.
    return isReady(word) || own.machine !== "running" ? [] : [`${name} is ${word}. ${fix("diagnose")}`];
  });
  const missing = status.nodes.filter(({ name }) => nodes?.every((node) => node.name !== name) ?? false);
  return [
    ...(state.pending.length > 0 ? [`the last run did not finish: its changes are incomplete. ${fix("up")}`] : []),
    ...ofMachines,
    ...ofNodes,
    ...missing.map(({ name }) => `Kubernetes does not have the node ${name}. ${fix("up")}`),
    ...(apiServer.isReady ? [] : [`the API server is not ready: ${apiServer.problem ?? ""}. ${fix("diagnose")}`]),
    ...(certificates !== undefined && certificates.days < renewalDays / 3
      ? [`the certificates end in ${certificates.days} days. ${fix("up")}`]
      : []),
    ...(lastRun?.outcome === "failed" || lastRun?.outcome === "interrupted"
      ? [
          `the last ${lastRun.command} ${lastRun.outcome === "failed" ? "failed" : "was interrupted"}. Fix: npm run runs -- show ${lastRun.name}`,
        ]
      : []),
  ];
}
