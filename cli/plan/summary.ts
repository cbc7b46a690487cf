import { escapeMarkdown } from "../../lib/markdown.ts";
import { redact } from "../../lib/redact.ts";
import type { Capacity } from "./capacity.ts";
import { capacityTable } from "./capacity-table.ts";
import type { DemandChange } from "./demand.ts";
import type { Estimate } from "./estimate.ts";
import type { LostVolume, PlanLosses } from "./losses.ts";
import { describeReason, type Change, type NodeChange } from "./node-change.ts";
import type { EndedPods } from "./pods.ts";
import { isUnknownFact, type Unknown } from "./unknown.ts";

/** Facts about a change of a cluster. A fact that cannot be known is the reason as a sentence. */
export interface Facts {
  readonly stack: string;
  readonly changes: readonly NodeChange[];
  /** Resources that change, also those of no node. */
  readonly changedResources: number | Unknown;
  readonly losses: PlanLosses;
  readonly pods: readonly EndedPods[] | Unknown;
  readonly estimate: Estimate;
  /** Longest drain of a worker in minutes. */
  readonly drainMinutes: number;
  readonly demand: DemandChange;
  readonly capacity: Capacity | Unknown;
  /** Text of the diff, without secrets. */
  readonly diff: string;
  /** Sentences about everything else that this plan cannot know. */
  readonly unknown: readonly string[];
}

/** Largest comment of GitHub in characters is 65,536. GitLab allows more. */
const longest = 60_000;

/** First line of the comment of a stack, by which a workflow finds the comment that it edits. */
function markerOf(stack: string): string {
  return `<!-- nodeforge preview:summary ${stack} -->`;
}

/** Titles of the groups of nodes, in their order. */
const titles: Readonly<Record<Change, string>> = {
  replaced: "Replaced",
  removed: "Removed",
  added: "Added",
  rejoined: "Joined again",
  booted: "Booted again",
  updated: "Changed in place",
};

/** Most lines of the output of a plan that failed. */
const failureLines = 40;

/** Most names in one line. */
const mostNames = 20;

/** Renders facts as a Markdown comment. The diff is shortened to the limit of a comment. */
export function renderSummary(facts: Facts): string {
  const unknown = facts.unknown.map((sentence) => `- ${escapeMarkdown(sentence)}`).join("\n");
  const head = [
    markerOf(facts.stack),
    `### What this changes in the cluster of stack ${escapeMarkdown(facts.stack)}`,
    verdict(facts),
    ...nodeLines(facts.changes),
    ...section("What is lost", lossLines(facts)),
    ...section("Estimated time", [timeLine(facts)]),
    ...section("Capacity", capacityTable(facts.demand, facts.capacity)),
    ...section("What this plan cannot know", unknown === "" ? [] : [unknown]),
  ].join("\n\n");
  return `${redact([head, ...folded(facts.diff, longest - head.length)].join("\n\n"))}\n`;
}

/** Renders a plan that failed as a comment, with the last lines of the output of Pulumi. */
export function renderFailure(stack: string, output: string): string {
  const lines = output.trim().split("\n").slice(-failureLines).join("\n");
  return `${redact(
    [
      markerOf(stack),
      `### The plan for the cluster of stack ${escapeMarkdown(stack)} failed`,
      block("text", lines.slice(-longest / 2)),
    ].join("\n\n"),
  )}\n`;
}

function verdict({ changes, changedResources }: Facts): string {
  const counts = (Object.keys(titles) as Change[]).flatMap((change) => {
    const count = changes.filter((node) => node.change === change).length;
    return count === 0 ? [] : [`${count} ${titles[change].toLowerCase()}`];
  });
  const nodes = counts.length === 0 ? "No node changes." : `Nodes: ${counts.join(", ")}.`;
  if (typeof changedResources !== "number") return `**${nodes}**`;
  return changedResources === 0
    ? "**Nothing changes.**"
    : `**${nodes}** ${plural(changedResources, "resource")} change.`;
}

function nodeLines(changes: readonly NodeChange[]): readonly string[] {
  return (Object.keys(titles) as Change[]).flatMap((change) => {
    const nodes = changes.filter((node) => node.change === change);
    if (nodes.length === 0) return [];
    const byReason = new Map<string, string[]>();
    for (const node of nodes) {
      const reason = node.reasons.map(describeReason).join("; ");
      byReason.set(reason, [...(byReason.get(reason) ?? []), nameOf(node)]);
    }
    const rows = [...byReason].map(
      ([reason, names]) => `- ${listed(names)}${reason === "" ? "" : `: ${escapeMarkdown(reason)}`}`,
    );
    return section(titles[change], [rows.join("\n")]);
  });
}

function nameOf({ node, role }: NodeChange): string {
  return role === "control-plane" ? `${node} (control plane)` : node;
}

function lossLines({ changes, losses, pods }: Facts): readonly string[] {
  const { drained, volumes } = losses;
  const lines = [
    drained.length === 0 ? "- No worker is drained." : `- Drained: ${listed(drained)}.`,
    ...(drained.length === 0 ? [] : podLines(pods)),
    ...(isUnknownFact(volumes) ? [`- Volumes: ${volumes.why}`] : volumeLines(volumes)),
    ...(changes.some(({ role, change }) => role === "control-plane" && change === "replaced")
      ? ["- Kubernetes has no API server while the machine of the control plane is replaced."]
      : []),
  ];
  return [lines.join("\n")];
}

function volumeLines(volumes: readonly LostVolume[]): readonly string[] {
  const kinds = [...new Set(volumes.map(({ what }) => what))];
  return [
    ...kinds.map((kind) => {
      const names = volumes.filter(({ what }) => what === kind).map(({ volume }) => volume);
      return `- Deleted ${kind}: ${listed(names)}.`;
    }),
    ...(kinds.length === 0 ? ["- No volume is deleted."] : []),
    ...(volumes.some(({ what }) => what === "control plane's data")
      ? ["- **The data of the control plane is deleted: every object of Kubernetes goes.**"]
      : []),
  ];
}

function podLines(pods: Facts["pods"]): readonly string[] {
  if (isUnknownFact(pods)) return [`- Pods: ${pods.why}`];
  return pods.flatMap(({ node, evicted, unmanaged, scratch, localVolumes }) => [
    `- Evicted from ${escapeMarkdown(node)}: ${plural(evicted, "pod")}.`,
    ...named("Without a controller, so nothing creates them again", unmanaged),
    ...named("Lose their emptyDir volumes", scratch),
    ...named("PersistentVolumes that only this node has", localVolumes),
  ]);
}

function named(title: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`  - ${title}: ${listed(names)}.`];
}

function timeLine({ estimate: { seconds, runs }, losses, drainMinutes }: Facts): string {
  const drained = losses.drained.length;
  const drains = drained === 0 ? "" : ` Drains: ${drained}, each of up to ${drainMinutes} min more.`;
  if (runs === 0) return `No run is recorded, so the time is unknown.${drains}`;
  if (seconds === undefined) return `The recorded runs do not have the times of these changes.${drains}`;
  return `About ${Math.ceil(seconds / 60)} min, from the medians of ${plural(runs, "recorded run")}.${drains}`;
}

function section(title: string, parts: readonly string[]): readonly string[] {
  return parts.length === 0 ? [] : [[`#### ${title}`, ...parts].join("\n\n")];
}

function folded(diff: string, room: number): readonly string[] {
  if (diff === "") return [];
  const limit = Math.max(0, room - 200);
  const text =
    diff.length <= limit ? diff : `${diff.slice(0, limit).replace(/\n[^\n]*$/, "")}\n# the rest does not fit`;
  return ["<details><summary>Diff</summary>", block("diff", text), "</details>"];
}

/** A block of code. Its fence has more backticks than any line in it. */
function block(language: string, text: string): string {
  const longestRun = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longestRun + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Names in one line; only the first ones of a long list. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(escapeMarkdown).join(", ");
  return names.length <= mostNames ? shown : `${shown} and ${names.length - mostNames} more`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
