import { pairedRatio } from "../../cli/bench/statistics/pair.ts";
import type { BenchResult, PairResult } from "../../cli/bench/statistics/result.ts";
import { columns } from "../../lib/table.ts";
import type { GeneratorUse } from "./generator-meter.ts";

/** Throughput of both sides in one round, in pods/s, and the load of the machine before it. */
export interface Round {
  readonly own: number;
  readonly upstream: number;
  /** Programs that wanted a processor, on average over a minute. */
  readonly load: number;
}

/** Text for the terminal, and whether the goal is met. */
export interface Report {
  readonly text: string;
  readonly met: boolean;
}

/** Difference that is allowed between the benchmark's and scheduler_perf's throughput. */
const allowed = 0.1;

/** Growth of the generator's memory that still counts as flat, from the first to the second half of the window. */
const flat = 0.25;

/** Compares the throughputs of all rounds. */
export function comparisonReport(rounds: readonly Round[]): Report {
  const { ratio, interval } = pairedRatio(
    rounds.map(({ own, upstream }) => [own, upstream] as const),
    1,
  );
  const rows = rounds.map(({ own, upstream, load }, index) => [
    String(index + 1),
    own.toFixed(1),
    upstream.toFixed(1),
    (own / upstream).toFixed(3),
    load.toFixed(1),
  ]);
  const met = ratio >= 1 / (1 + allowed) && ratio <= 1 + allowed;
  const [low, high] = interval.map((edge) => edge.toFixed(3));
  const kind = rounds.length < 6 ? "whole range" : "95 % interval";
  return {
    met,
    text: [
      columns([["ROUND", "THIS BENCHMARK, PODS/S", "SCHEDULER_PERF, PODS/S", "RATIO", "LOAD BEFORE"], ...rows]),
      `ratio of ${rounds.length} rounds: ${ratio.toFixed(3)} (${kind} ${low} to ${high})`,
      goal(met, `at most ${allowed * 100} % of difference`),
    ].join("\n"),
  };
}

/** Says whether the generator needs less CPU than the API server, and whether its memory stays flat. */
export function generatorReport(use: GeneratorUse, apiServerCpuSeconds: number): Report {
  const middle = Math.ceil(use.memory.length / 2);
  const [first, second] = [use.memory.slice(0, middle), use.memory.slice(middle)].map((half) => Math.max(0, ...half));
  const growth = (second ?? 0) / (first ?? 0) - 1;
  const goals = [
    [use.cpuSeconds < apiServerCpuSeconds, "the generator uses less CPU than the API server"],
    [growth <= flat, `its memory grows by at most ${flat * 100} % from the first to the second half`],
  ] as const;
  return {
    met: goals.every(([met]) => met),
    text: [
      `CPU seconds in the window: generator ${use.cpuSeconds.toFixed(1)}, API server ${apiServerCpuSeconds.toFixed(1)}`,
      `peak of the generator's memory: first half ${mebibytes(first)} MiB, second half ${mebibytes(second)} MiB`,
      ...goals.map(([met, sentence]) => goal(met, sentence)),
    ].join("\n"),
  };
}

/** Says whether the verdict on the throughput is the one that a scheduler of {@link verdictScenario} must get. */
export function verdictReport(pairs: readonly PairResult[], wanted: "same" | "slower"): Report {
  const verdict = pairs.find(({ measure }) => measure === "throughput")?.verdict;
  const met = verdict?.kind === (wanted === "same" ? "same" : "worse");
  const sentence = wanted === "same" ? "a scheduler is the same as itself" : "the delayed scheduler is slower";
  return { met, text: goal(met, `${sentence} (${verdict?.text ?? "no verdict"})`) };
}

/** Says whether the throughput of each scheduler has the same interval, as far as it goes, in a benchmark and in its repetition. */
export function repeatReport(first: BenchResult, second: BenchResult): Report {
  const intervalOf = ({ schedulers }: BenchResult, name: string) =>
    schedulers.find((scheduler) => scheduler.name === name)?.measures.throughput?.interval;
  const agreements = first.schedulers.map(({ name }) => {
    const [one, other] = [intervalOf(first, name), intervalOf(second, name)];
    return { name, met: one !== undefined && other !== undefined && one[0] <= other[1] && other[0] <= one[1] };
  });
  return {
    met: agreements.length > 0 && agreements.every(({ met }) => met),
    text: agreements.map(({ name, met }) => goal(met, `the two intervals of ${name} overlap`)).join("\n"),
  };
}

function goal(met: boolean, sentence: string): string {
  return `${met ? "met" : "missed"}: ${sentence}`;
}

function mebibytes(bytes = 0): string {
  return (bytes / 2 ** 20).toFixed(0);
}
