import type { TopLevelSpec } from "vega-lite";
import { escaped, list, pairs, table } from "../../../lib/html.ts";
import { type BenchmarkData, countedRepetitions, type InputFile, workloadName } from "../export/benchmark-data.ts";
import { calibrationSentences } from "../export/calibration.ts";
import { thresholdFailures } from "../export/thresholds.ts";
import { amount, estimateText, intervalText } from "../export/words.ts";
import { chart } from "./chart.ts";
import { cpuChart } from "./cpu-chart.ts";
import { fillChart } from "./fill-chart.ts";
import { forestChart } from "./forest-chart.ts";
import { latencyChart } from "./latency-chart.ts";
import { orderChart } from "./order-chart.ts";
import { progressChart } from "./progress-chart.ts";

/** Returns an HTML page about a benchmark: one file without scripts, which loads nothing. Plots without data are left out. */
export async function benchmarkPage(data: BenchmarkData, inputs: readonly InputFile[]): Promise<string> {
  const { scenario, notes, ended, surroundings } = data;
  const title = `${scenario.name}: ${workloadName(scenario)}`;
  const counted = countedRepetitions(data).length;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
<h1>${escaped(title)}</h1>
<p>${escaped(scenario.description)}</p>
<p class="${ended}">${ended === "complete" ? "Complete" : "Interrupted"}: ${counted} of ${data.repetitions.length} repetitions count. The baseline is ${escaped(scenario.compare.baseline)}.</p>
${notes.map((note) => `<p>${escaped(note)}</p>\n`).join("")}<h2>Verdicts</h2>
${verdicts(data)}
${calibrationSentences(data)
  .map((sentence) => `<p>${escaped(sentence)}</p>\n`)
  .join("")}<h2>Medians</h2>
${medians(data)}
<p>In brackets: 95 % interval of the median, from 6 repetitions on.</p>
<h2>What limited the throughput</h2>
${limits(data)}
<h2>Thresholds</h2>
${scenario.thresholds.length === 0 ? "<p>The scenario has none.</p>" : thresholds(data)}
<h2>Void repetitions</h2>
${voids(data)}
${await plots(data)}<h2>Surroundings</h2>
${pairs(surroundings)}
<h2>Inputs</h2>
${inputs.length === 0 ? "<p>None.</p>" : ""}${inputs.map(({ name, text }) => `<details><summary>${escaped(name)}</summary><pre>${escaped(text)}</pre></details>\n`).join("")}</html>
`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
p.interrupted { color: light-dark(#a11, #f77); font-weight: 600; }
td.better { color: light-dark(#17692c, #6c8); } td.worse { color: light-dark(#a11, #f77); }
table { border-collapse: collapse; } th, td { text-align: left; padding: 0.1rem 1.5rem 0.1rem 0; vertical-align: top; }
th { font-weight: 600; } td.number, th.number { text-align: right; }
svg { max-width: 100%; height: auto; } pre { overflow-x: auto; }
@media (max-width: 60rem) { table { display: block; overflow-x: auto; } }
`;

function verdicts({ result, kinds }: BenchmarkData): string {
  const rows = result.pairs.map((pair) => {
    const { scheduler, baseline, measure, verdict } = pair;
    const title = kinds.find(({ name }) => name === measure)?.title ?? measure;
    return (
      `<tr><th>${escaped(scheduler)}</th><td>against ${escaped(baseline)}</td><td>${escaped(title)}</td>` +
      `<td class="${escaped(verdict.kind)}">${escaped(verdict.text)}</td><td>${escaped(estimateText(pair))}</td></tr>\n`
    );
  });
  return rows.length === 0
    ? "<p>None: no pair of schedulers has a repetition in the same block.</p>"
    : `<table>\n${rows.join("")}</table>`;
}

function medians({ kinds, result: { schedulers } }: BenchmarkData): string {
  const rows = kinds.flatMap(({ name, title, unit }) => {
    const cells = schedulers.map(({ measures }) => {
      const found = measures[name];
      return found === undefined ? "" : `${amount(found.median)} ${intervalText(found)}`.trim();
    });
    return cells.some((cell) => cell !== "") ? [[title, unit, ...cells]] : [];
  });
  return table(["measure", "unit", ...schedulers.map(({ name }) => name)], rows, 2);
}

/** Returns the limit of most repetitions, and the evidence of one of them. */
function limits(data: BenchmarkData): string {
  const rows = data.result.schedulers.map(({ name, limit }) => {
    const example = countedRepetitions(data).find((one) => one.scheduler === name && one.limit.by === limit);
    return [name, limit, example?.limit.evidence ?? ""];
  });
  return table(["scheduler", "limited by", "evidence, from one repetition"], rows);
}

function thresholds(data: BenchmarkData): string {
  const failures = thresholdFailures(data);
  return failures.length === 0 ? "<p>All hold.</p>" : list(failures);
}

function voids({ repetitions }: BenchmarkData): string {
  const rows = repetitions.flatMap(({ number, scheduler, void: reason }) =>
    reason === undefined ? [] : [[String(number), scheduler, reason]],
  );
  return table(["repetition", "scheduler", "reason"], rows);
}

/** Returns the plots that have data, each under its heading. They are made one by one to keep the memory small. */
async function plots(data: BenchmarkData): Promise<string> {
  const counted = countedRepetitions(data);
  const measure = data.scenario.compare.metrics[0] ?? data.kinds[0]?.name;
  const hasPods = counted.some(({ pods }) => pods.length > 0);
  const hasBound = counted.some(({ pods }) => pods.some(({ bound }) => bound !== undefined));
  const candidates: readonly (readonly [title: string, hasData: boolean, spec: () => TopLevelSpec])[] = [
    [
      "Ratios to the baseline; grey: counts as the same",
      data.result.pairs.some(({ verdict }) => verdict.kind !== "not comparable"),
      () => forestChart(data),
    ],
    ["Pods over time; thin: each repetition, thick: median", hasPods, () => progressChart(data)],
    [
      "Repetitions in the order they ran",
      measure !== undefined && data.repetitions.some(({ measures }) => measures[measure] !== undefined),
      () => orderChart(data, measure ?? ""),
    ],
    ["Latency of pods", hasBound, () => latencyChart(data)],
    ["Fill of nodes", hasBound && counted.some(({ nodes }) => nodes.length > 0), () => fillChart(data)],
    ["Processors in use", counted.some(({ usage }) => usage.length > 1), () => cpuChart(data)],
  ];
  let html = "";
  for (const [title, hasData, spec] of candidates) {
    if (hasData) html += `<h2>${escaped(title)}</h2>\n${await chart(spec())}\n`;
  }
  return html;
}
