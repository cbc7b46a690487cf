import { suffix } from "../../names.ts";
import { stepOrder, type StackNode, type StackState } from "./state.ts";

/** A step that failed, or that was not reached. */
export interface Failure {
  /** Undefined for what concerns the whole cluster. */
  readonly node?: string;
  /** The step in a word or two, such as `join`. */
  readonly step: string;
  /** Name of the resource in the state. */
  readonly resource: string;
  /** Type of the resource, such as `libvirt:index:Domain`; "" when only the state tells of it. */
  readonly type: string;
  /** What the failed run printed about it; "" when only the state tells of it. */
  readonly text: string;
}

/** What a resource of a node is, by what follows the node's name in its own. */
const nodeSteps: readonly (readonly [RegExp, string])[] = (
  [
    ["", "machine"],
    [suffix.root, "disk"],
    [suffix.seed, "seed disk"],
    // Taking it back shuts the machine down.
    [suffix.hostKey, "address and host key"],
    [suffix.data, "data disk"],
    [suffix.drainPolicy, "drain policy"],
    [suffix.init, "control plane"],
    [suffix.kubeconfig, "kubeconfig"],
    // Making it mints, taking it back lets the worker leave.
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
 * What failed: what Pulumi's diagnostics name, else each node's first step that the state does not have.
 * @param log What the failed run printed, without colours.
 */
export function readFailures(log: string, state: Pick<StackState, "nodes" | "ready">): readonly Failure[] {
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
  // Later steps wait for earlier ones of all nodes: that they were not reached is a consequence.
  const first = stepOrder.find((name) => unreached.some(({ step }) => step === name));
  if (first !== undefined) return unreached.filter(({ step }) => step === first);
  return state.ready || state.nodes.length === 0
    ? []
    : [{ step: "waiting until all nodes are Ready", resource: "", type: "", text: "" }];
}

/** Nodes that a run says are missing or not Ready, such as the last lines of the step that waits for them. */
export function readUnready(log: string, nodes: readonly StackNode[]): readonly string[] {
  const last = log.split("\n").findLast((line) => /\b(has not joined|is not Ready)\b/.test(line)) ?? "";
  return nodes.map(({ name }) => name).filter((name) => new RegExp(`(^|[\\s;:])${name} (has not|is not)`).test(last));
}

/** The node whose resource it is: the longest name that fits, because `node-1` is also how `node-10` begins. */
function ownerOf(resource: string, nodes: readonly StackNode[]): StackNode | undefined {
  return nodes
    .filter((node) => resource === node.resource || resource.startsWith(`${node.resource}-`))
    .sort((a, b) => b.resource.length - a.resource.length)[0];
}

/** The paragraphs under Pulumi's `Diagnostics:`, by resource. */
function diagnostics(log: string): readonly { type: string; resource: string; text: string }[] {
  const start = log.lastIndexOf("Diagnostics:");
  if (start < 0) return [];
  const found: { type: string; resource: string; text: string }[] = [];
  for (const line of log.slice(start).split("\n").slice(1)) {
    const [, type, resource] = /^ {2}(\S+:\S+) \((\S+)\):\s*$/.exec(line) ?? [];
    const last = found.at(-1);
    if (type !== undefined && resource !== undefined) found.push({ type, resource, text: "" });
    // What follows the diagnostics stands at the margin.
    else if (/^\S/.test(line)) break;
    else if (last) last.text += `${line}\n`;
  }
  return found;
}
