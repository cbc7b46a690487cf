import { escapeMarkdown } from "../../../lib/markdown.ts";
import { redact } from "../../../lib/redact.ts";
import { type BenchmarkData, countedRepetitions, workloadName } from "./benchmark-data.ts";
import { calibrationSentences } from "./calibration.ts";
import { thresholdFailures } from "./thresholds.ts";
import { amount, estimateText, intervalText } from "./words.ts";

/** Returns a summary in Markdown for a pull request: verdicts, medians with intervals, limits, void repetitions. */
export function summary(data: BenchmarkData): string {
  const { scenario, result, notes, ended, repetitions } = data;
  const failures = thresholdFailures(data);
  const voids = repetitions.filter((repetition) => repetition.void !== undefined);
  const parts = [
    `## ${text(`${scenario.name}: ${workloadName(scenario)}`)}`,
    ...(ended === "interrupted"
      ? ["**The benchmark was interrupted.** The numbers are of the repetitions before."]
      : []),
    [`Counted repetitions: ${countedRepetitions(data).length}. Void: ${voids.length}.`, ...notes.map(text)].join(
      "\n\n",
    ),
    section(
      "Verdicts",
      list([
        ...result.pairs.map((pair) => {
          const { scheduler, baseline, measure, verdict } = pair;
          const title = data.kinds.find(({ name }) => name === measure)?.title ?? measure;
          const estimate = [verdict.text, estimateText(pair)].filter((each) => each !== "").join("; ");
          return `**${text(scheduler)}** against ${text(baseline)}, ${text(title)}: ${text(estimate)}`;
        }),
        ...calibrationSentences(data).map(text),
      ]),
    ),
    section("Medians", medians(data)),
    section(
      "What limited the throughput",
      list(result.schedulers.map(({ name, limit }) => `${text(name)}: ${text(limit)}`)),
    ),
    section("Violated thresholds", list(failures.map(text))),
    section(
      "Void repetitions",
      list(voids.map(({ number, scheduler, void: reason = "" }) => `${number} (${text(scheduler)}): ${text(reason)}`)),
    ),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Returns a table with a row for each measure that a scheduler has, and a column for each scheduler. */
function medians({ kinds, result: { schedulers } }: BenchmarkData): string {
  const rows = kinds.flatMap(({ name, title, unit }) => {
    const cells = schedulers.map(({ measures }) => {
      const found = measures[name];
      return found === undefined ? "" : `${amount(found.median)} ${intervalText(found)}`.trim();
    });
    return cells.some((cell) => cell !== "") ? [[text(`${title} (${unit})`), ...cells]] : [];
  });
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = ["measure", ...schedulers.map(({ name }) => text(name))];
  const rule = ["---", ...schedulers.map(() => "---:")];
  return [head, rule, ...rows].map(line).join("\n");
}

function section(title: string, body: string): string {
  return body === "" ? "" : `### ${title}\n\n${body}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function text(value: string): string {
  return escapeMarkdown(redact(value));
}
