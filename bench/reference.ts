/**
 * Measures the benchmark of schedulers itself: against scheduler_perf of Kubernetes, and the needs of its generator. Also its
 * verdicts on a scheduler and itself and on a slower one, and its results when it is repeated. A control plane runs on this
 * machine in namespaces of its own. Needs root.
 *
 * Usage: npm run bench:reference [-- --rounds N | --pods 10000 | --verdicts | --repeat]
 */
import { loadavg } from "node:os";
import { leastForInterval } from "../cli/bench/statistics/summary.ts";
import { logLine } from "../lib/log.ts";
import { nodeBinaries } from "../tools/node-binaries.ts";
import { runBenchmark } from "./command.ts";
import { provenance } from "./provenance.ts";
import { parseArguments, type Arguments } from "./reference/arguments.ts";
import { measureOnBareCluster } from "./reference/bare-cluster.ts";
import { exampleScheduler } from "./reference/example-scheduler.ts";
import {
  comparisonReport,
  generatorReport,
  repeatReport,
  verdictReport,
  type Report,
  type Round,
} from "./reference/report.ts";
import {
  generatorScenario,
  measurePods,
  threeScenario,
  upstreamScenario,
  verdictScenario,
  workloadName,
} from "./reference/scenarios.ts";
import { buildSchedulerPerf, runSchedulerPerf } from "./reference/scheduler-perf.ts";
import { upstreamFlags } from "./reference/upstream-flags.ts";

/** Programs that do not run in a measured window, because scheduler_perf has none like them. */
const absent = ["kube-controller-manager", "kwok"];

await runBenchmark(main);

async function main(): Promise<void> {
  const given = parseArguments(process.argv.slice(2));
  const { date, commit, machine } = await provenance();
  await nodeBinaries();
  const { text, met } = await measure(given);
  const load = loadavg().map((each) => each.toFixed(1));
  console.log(`${date}, commit ${commit}\n${machine.processor}, ${machine.processors} processors`);
  console.log(`load average at the end: ${load.join(", ")}\nworkload: ${workloadName}\n\n${text}`);
  if (!met) process.exitCode = 1;
}

function measure({ mode, rounds, pods = 10_000 }: Arguments): Promise<Report> {
  switch (mode) {
    case "upstream":
      return compareWithUpstream(rounds);
    case "generator":
      return measureGenerator(pods);
    case "verdicts":
      return measureVerdicts(rounds);
    case "repeat":
      return measureTwice(rounds);
  }
}

/** Both sides start a new API server and etcd in each round, with the same flags. */
async function compareWithUpstream(count: number): Promise<Report> {
  const program = await buildSchedulerPerf();
  const rounds: Round[] = [];
  for (let round = 0; round < count; round++) {
    const [load = 0] = loadavg();
    // Every second round runs backwards, so that a drift of the machine meets both sides alike.
    const before = round % 2 === 0 ? await measureOwn() : undefined;
    const upstream = await runSchedulerPerf(program);
    const own = before ?? (await measureOwn());
    rounds.push({ own, upstream, load });
    logLine(
      `round ${round + 1} of ${count}: ${own.toFixed(1)} and ${upstream.toFixed(1)} pods/s, load ${load.toFixed(1)}`,
    );
  }
  const { met, text } = comparisonReport(rounds);
  return { met, text: `${measurePods} measured pods instead of 1000\n${text}` };
}

async function measureOwn(): Promise<number> {
  const { repetitions } = await measureOnBareCluster(upstreamScenario(), absent, upstreamFlags);
  const [repetition] = repetitions;
  const throughput = repetition?.measures["throughput.average"];
  if (throughput === undefined || repetition?.void !== undefined)
    throw new Error(`the repetition has no throughput: ${repetition?.void ?? "it was shorter than two seconds"}`);
  return throughput;
}

async function measureGenerator(pods: number): Promise<Report> {
  const { repetitions, text } = await measureOnBareCluster(generatorScenario(pods));
  const [repetition] = repetitions;
  const apiServer = repetition?.measures.apiServerCpuSeconds;
  if (repetition?.generator === undefined || apiServer === undefined || repetition.void !== undefined)
    throw new Error(`the repetition has no usage: ${repetition?.void ?? "its window never opened"}`);
  const { text: report, met } = generatorReport(repetition.generator, apiServer);
  return { met, text: `${pods} pods\n${text}\n${report}` };
}

/** The difference to the slower scheduler is many times the noise, so the fewest rounds show it. */
async function measureVerdicts(rounds: number): Promise<Report> {
  const slower = await compareSchedulers("slower", leastForInterval);
  const same = await compareSchedulers("same", rounds);
  return { met: slower.met && same.met, text: `${slower.text}\n\n${same.text}` };
}

/** Without kwok and with the flags of scheduler_perf, repetitions take two thirds of the time and vary less. */
async function compareSchedulers(other: "same" | "slower", rounds: number): Promise<Report> {
  const scenario = verdictScenario(other, rounds, await exampleScheduler());
  const { result, text } = await measureOnBareCluster(scenario, absent, upstreamFlags);
  const { text: report, met } = verdictReport(result.pairs, other);
  return { met, text: `${text}\n${report}` };
}

async function measureTwice(rounds: number): Promise<Report> {
  const scenario = threeScenario(rounds, await exampleScheduler());
  const first = await measureOnBareCluster(scenario);
  const second = await measureOnBareCluster(scenario);
  const { text, met } = repeatReport(first.result, second.result);
  return { met, text: `1,000 nodes instead of 500\n${first.text}\n\nonce more:\n${second.text}\n\n${text}` };
}
