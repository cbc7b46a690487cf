import { suffix } from "../../names.ts";
import { stepOrder, type ClusterNode, type ClusterState } from "./state.ts";

/** A step that failed or was not reached. */
export interface Failure {
  /** Node of the step; undefined for a step of the whole cluster. */
  readonly node?: string;
  /** The step in a word or two, such as `join`. */
  readonly step: string;
  /** Name of the resource in the state. */
  readonly resource: string;
  /** Type of the resource, such as `libvirt:index:Domain`; "" when only the state shows the failure. */
  readonly type: string;
  /** Text of the failed run about it; "" when only the state shows the failure. */
  readonly text: string;
}

/** Steps of a node, by the suffix of the resource's name. */
const nodeSteps: readonly (readonly [RegExp, string])[] = (
  [
    ["", "machine"],
    [suffix.root, "disk"],
    [suffix.seed, "seed disk"],
    // Its deletion shuts the machine down.
    [suffix.hostKey, "address and host key"],
    [suffix.data, "data disk"],
    [suffix.growth, "growth of the data disk"],
    [suffix.drainPolicy, "drain policy"],
    [suffix.init, "control plane"],
    [suffix.kubeconfig, "kubeconfig"],
    // Its creation mints a token, its deletion removes the worker from the cluster.
    [suffix.token, "token or leaving"],
    [suffix.join, "join"],
    [suffix.ready, "waiting until it is Ready"],
  ] as const
).map(([end, step]) => [new RegExp(end === suffix.seed ? `^${end}(-|$)` : `^${end}$`), step]);

const clusterSteps: readonly (readonly [RegExp, string])[] = [
  [/:Pool$/, "storage pool"],
  [/:Network$/, "network"],
  [/:Volume$/, "base image"],
  [/^command:remote:/, "waiting until all nodes are Ready"],
  [/^kubernetes:/, "add-ons"],
];

/**
 * Finds the failures of a run: those in Pulumi's diagnostics, else each node's first step that the state lacks.
 * @param log Output of the failed run, without colours.
 */
export function readFailures(log: string, state: Pick<ClusterState, "nodes" | "ready">): readonly Failure[] {
  const named = diagnostics(log).flatMap(({ type, resource, text }) => {
    if (!/^\s*error:/m.test(text) || type.startsWith("pulumi:")) return [];
    const node = ownerOf(resource, state.nodes);
    const steps = node ? nodeSteps : clusterSteps;
    const subject = node ? resource.slice(node.resource.length) : type;
    const step = steps.find(([pattern]) => pattern.test(subject))?.[1] ?? resource;
    return [{ ...(node ? { node: node.name } : {}), step, resource, type, text }];
  });
  if (named.length > 0) return named;
  const unreached = state.nodes.flatMap((node) => {
    const step = node.steps.find(({ done }) => !done);
    return step ? [{ node: node.name, step: step.name, resource: node.resource, type: "", text: "" }] : [];
  });
  // A later step waits for the earlier steps of all nodes, so only the earliest missing step counts.
  const first = stepOrder.find((name) => unreached.some(({ step }) => step === name));
  if (first !== undefined) return unreached.filter(({ step }) => step === first);
  return state.ready || state.nodes.length === 0
    ? []
    : [{ step: "waiting until all nodes are Ready", resource: "", type: "", text: "" }];
}

/** Finds nodes that a run calls missing or not Ready: in the last such line of the step that waits for them. */
export function readUnready(log: string, nodes: readonly ClusterNode[]): readonly string[] {
  const last = log.split("\n").findLast((line) => /\b(has not joined|is not Ready)\b/.test(line)) ?? "";
  return nodes.map(({ name }) => name).filter((name) => new RegExp(`(^|[\\s;:])${name} (has not|is not)`).test(last));
}

/** Finds the node of a resource: the one with the longest name that fits, because a resource of `node-1-x` fits `node-1` too. */
function ownerOf(resource: string, nodes: readonly ClusterNode[]): ClusterNode | undefined {
  return nodes
    .filter((node) => resource === node.resource || resource.startsWith(`${node.resource}-`))
    .sort((a, b) => b.resource.length - a.resource.length)[0];
}

/** Paragraphs under Pulumi's `Diagnostics:`, by resource. */
function diagnostics(log: string): readonly { type: string; resource: string; text: string }[] {
  const start = log.lastIndexOf("Diagnostics:");
  if (start < 0) return [];
  const found: { type: string; resource: string; text: string }[] = [];
  for (const line of log.slice(start).split("\n").slice(1)) {
    const [, type, resource] = /^ {2}(\S+:\S+) \((\S+)\):\s*$/.exec(line) ?? [];
    const last = found.at(-1);
    if (type !== undefined && resource !== undefined) found.push({ type, resource, text: "" });
    // The first line without indentation ends the diagnostics.
    else if (/^\S/.test(line)) break;
    else if (last) last.text += `${line}\n`;
  }
  return found;
}
