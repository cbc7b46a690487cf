import { Command, InvalidArgumentError, Option } from "commander";

/** Measurement of `npm run bench:reference`. */
export type Mode = "upstream" | "generator" | "same" | "slower" | "repeat";

/** Arguments of `npm run bench:reference`. */
export interface Arguments {
  readonly mode: Mode;
  /** Measurements of each side. */
  readonly rounds: number;
  /** Measured pods; undefined where the workload itself decides. */
  readonly pods?: number;
}

interface Options {
  readonly rounds: number;
  readonly pods?: number;
  readonly same?: true;
  readonly slower?: true;
  readonly repeat?: true;
}

/** Fewest rounds with an interval of 95 %. */
const defaultRounds = 6;

/**
 * Parses the arguments.
 * @throws {CommanderError} for an unknown option, a wrong value or a wrong combination, and for `--help`.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const { same, slower, repeat, pods, rounds } = new Command("npm run bench:reference --")
    .description("Compares the benchmark of schedulers with scheduler_perf, on a control plane without machines.")
    .addOption(
      new Option("--rounds <number>", "measurements of each side").default(defaultRounds).argParser(number(1, 100)),
    )
    .addOption(
      new Option("--pods <number>", "measure the generator itself with this many pods")
        .argParser(number(100, 20_000))
        .conflicts(["same", "slower", "repeat"]),
    )
    .addOption(new Option("--same", "compare a scheduler with itself").conflicts(["slower", "repeat"]))
    .addOption(
      new Option("--slower", "compare the example scheduler with one that waits 5 ms for each pod").conflicts("repeat"),
    )
    .addOption(new Option("--repeat", "compare three schedulers on 1,000 nodes twice, and the two results"))
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<Options>();
  if (pods !== undefined) return { mode: "generator", rounds, pods };
  const mode = same === true ? "same" : slower === true ? "slower" : repeat === true ? "repeat" : "upstream";
  return { mode, rounds };
}

function number(least: number, most: number) {
  return (text: string) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) < least || Number(text) > most)
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return Number(text);
  };
}
