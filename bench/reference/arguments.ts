import { Command, InvalidArgumentError, Option } from "commander";
import { leastForInterval } from "../../cli/bench/statistics/summary.ts";

/** Measurement of `npm run bench:reference`. */
export type Mode = "upstream" | "generator" | "verdicts" | "repeat";

/** Arguments of `npm run bench:reference`. */
export interface Arguments {
  readonly mode: Mode;
  /** Measurements of each side; of `verdicts` those of a scheduler and itself. */
  readonly rounds: number;
  /** Measured pods; undefined where the workload itself decides. */
  readonly pods?: number;
}

interface Options {
  readonly rounds?: number;
  readonly pods?: number;
  readonly verdicts?: true;
  readonly repeat?: true;
}

/** Rounds of a scheduler and itself, for an interval within 10 %: pairs differ by 13 % (docs/performance.md). */
const verdictRounds = 40;

/**
 * Parses the arguments.
 * @throws {CommanderError} for an unknown option, a wrong value or a wrong combination, and for `--help`.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const {
    verdicts,
    repeat,
    pods,
    rounds = verdicts ? verdictRounds : leastForInterval,
  } = new Command("npm run bench:reference --")
    .description("Compares the benchmark of schedulers with scheduler_perf, on a control plane without machines.")
    .addOption(
      new Option(
        "--rounds <number>",
        `measurements of each side (default: ${leastForInterval}, verdicts: ${verdictRounds})`,
      ).argParser(number(1, 100)),
    )
    .addOption(
      new Option("--pods <number>", "measure the generator itself with this many pods")
        .argParser(number(100, 20_000))
        .conflicts(["verdicts", "repeat"]),
    )
    .addOption(
      new Option(
        "--verdicts",
        "compare the example scheduler with itself, and with one that waits 5 ms for each pod",
      ).conflicts("repeat"),
    )
    .addOption(new Option("--repeat", "compare three schedulers on 1,000 nodes twice, and the two results"))
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<Options>();
  if (pods !== undefined) return { mode: "generator", rounds, pods };
  return { mode: verdicts === true ? "verdicts" : repeat === true ? "repeat" : "upstream", rounds };
}

function number(least: number, most: number) {
  return (text: string) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) < least || Number(text) > most)
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return Number(text);
  };
}
