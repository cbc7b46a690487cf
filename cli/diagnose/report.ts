import { escapeMarkdown } from "../../lib/markdown.ts";
import { fileOf, find, type Evidence, type Item, type Symptom } from "./evidence.ts";
import { match } from "./match.ts";

/** Result of a diagnosis. */
export interface Report {
  /** Whether all nodes are Ready and no problem was found. */
  readonly healthy: boolean;
  /** A few lines for the terminal. */
  readonly text: string;
  /** The whole result in Markdown, for the folder. */
  readonly summary: string;
}

/** Number of names or symptoms that are shown; the rest is only counted. */
const shown = 5;

/**
 * Reports the failures, and the causes that the evidence points to.
 * @param folder Folder of the diagnosis, as you should see it.
 * @param table Kubernetes' table of nodes; "" when it is missing.
 */
export function report(
  evidence: Evidence,
  { stack, folder, table }: { stack: string; folder: string; table: string },
): Report {
  const matches = match(evidence);
  const [first] = matches;
  const failed = whatFailed(evidence);
  const healthy = first === undefined && failed.length === 0 && evidence.log === "" && table !== "";
  const where = `Everything that was collected: ${folder}/summary.md`;
  // The texts of causes are the program's own Markdown. All other text may come from a node.
  const linesOf = (show: (text: string) => string) => {
    const verdict = first
      ? [
          `Most likely: ${first.cause.cause}`,
          ...first.symptoms.slice(0, 1).map((each) => `  ${show(quote(each))}`),
          `Fix: ${first.cause.fix}`,
        ]
      : healthy
        ? [`All ${evidence.nodes.length} nodes of stack ${show(stack)} are Ready, and no problem is known.`]
        : ["No known cause fits."];
    return [...failed.map(show), ...verdict, ...(first ? [] : unknown(evidence, stack, table).map(show))];
  };
  const causes = matches.flatMap(({ cause, symptoms }) => [
    `- **${cause.name}**: ${cause.cause} ${cause.fix}`,
    ...symptoms.slice(0, shown).map((each) => `  - ${escapeMarkdown(quote(each))}`),
  ]);
  const summary = [
    `# Diagnosis of stack ${escapeMarkdown(stack)}`,
    linesOf(escapeMarkdown)
      .map((line) => line.trim())
      .join("\n\n"),
    ...(matches.length > 0 ? ["## Causes that fit, the most likely first", causes.join("\n")] : []),
    "## What was collected",
    collected(evidence),
  ].join("\n\n");
  return { healthy, text: [...linesOf((text) => text), where].join("\n"), summary: `${summary}\n` };
}

/** Reasons that a cluster without a known cause cannot be called healthy. */
function unknown(evidence: Evidence, stack: string, table: string): readonly string[] {
  const problem = find(evidence, "state")?.missing;
  if (problem !== undefined) return [`The state of stack ${stack} could not be read: ${problem.split("\n").at(-1)}`];
  if (evidence.nodes.length === 0) return [`Stack ${stack} has no nodes: npm run up`];
  return table === "" ? ["Kubernetes did not say whether the nodes are Ready."] : [];
}

/** Failures, one line a step: `worker-node-1, worker-node-2: join failed`. */
function whatFailed({ failures, failed }: Evidence): readonly string[] {
  const steps = [...new Set(failures.map(({ step }) => step))];
  const byStep = steps.map((step) => {
    const those = failures.filter((failure) => failure.step === step);
    const names = [...new Set(those.flatMap(({ node }) => node ?? []))];
    const verb = those.some(({ text }) => text !== "") ? "failed" : "was not reached or failed";
    return `${names.length > 0 ? `${several(names)}: ` : ""}${step} ${verb}`;
  });
  const others = failed.filter((name) => failures.every(({ node }) => node !== name));
  return others.length > 0 ? [...byStep, `${several(others)}: not Ready`] : byStep;
}

function several(names: readonly string[]): string {
  const rest = names.length - shown;
  return rest > 0 ? `${names.slice(0, shown).join(", ")} and ${rest} more` : names.join(", ");
}

function quote({ node, where, line }: Symptom): string {
  return `${node === undefined ? "" : `${node}, `}${where}: ${line}`;
}

/** Tables of the items: one for the whole cluster, one for each node. */
function collected({ nodes, items }: Evidence): string {
  const parts = [undefined, ...nodes.map(({ name }) => name)].map((node) => {
    const rows = items
      .filter((each) => each.node === node)
      .map((each) => `| [${escapeMarkdown(each.name)}](${fileOf(each)}) | ${found(each)} |`);
    return [
      `### ${node === undefined ? "All nodes" : escapeMarkdown(node)}`,
      ["| item | found |", "| --- | --- |", ...rows].join("\n"),
    ].join("\n\n");
  });
  return parts.join("\n\n");
}

function found({ text, missing }: Item): string {
  const lines = text.split("\n").filter(Boolean).length;
  const why = missing?.split("\n")[0];
  return why === undefined
    ? `${lines} lines`
    : `${lines > 0 ? `${lines} lines, then ` : ""}missing: ${escapeMarkdown(why)}`;
}
