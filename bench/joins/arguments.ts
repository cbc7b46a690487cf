import { Command, InvalidArgumentError, Option } from "commander";

/** Arguments of `npm run bench:joins`. */
export interface Arguments {
  /** Number of nodes that join. */
  readonly nodes: number;
  /** Wave sizes in the order in which they are measured. */
  readonly waves: readonly number[];
  /** Seconds that a kubelet needs to start. */
  readonly start: number;
  /** Number of measurements of each wave size. */
  readonly repeat: number;
}

/** Largest number of nodes: the cluster's pod network has room for as many ranges. */
const mostNodes = 4000;

/** Parses the arguments. @throws {CommanderError} for an unknown option or a wrong value, and for `--help`. */
export function parseArguments(args: readonly string[]): Arguments {
  const number = (least: number, most: number) => (text: string) => {
    if (!/^\d{1,4}$/.test(text) || Number(text) < least || Number(text) > most)
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return Number(text);
  };
  return new Command("npm run bench:joins --")
    .description("Measures joins in waves against a real control plane without machines.")
    .addOption(new Option("--nodes <number>", "nodes that join").default(1000).argParser(number(1, mostNodes)))
    .addOption(
      new Option("--waves <numbers>", "wave sizes")
        .default([20, 50, 100, 200, 400, 1000])
        .argParser((text) => text.split(",").map(number(1, mostNodes))),
    )
    .addOption(
      new Option("--start <seconds>", "seconds that a kubelet needs to start").default(5).argParser(number(0, 600)),
    )
    .addOption(new Option("--repeat <number>", "measurements of each size").default(1).argParser(number(1, 99)))
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<Arguments>();
}
