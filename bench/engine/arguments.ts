import { Command, InvalidArgumentError, Option } from "commander";
import { operations, tools, type Operation, type Plan, type Tool } from "./operations.ts";

/** Largest number of workers: each node has a /24 of the pod network, which has room for 4,096. */
const largest = 4000;

/** Arguments of `npm run bench:engine`. */
export interface Arguments extends Plan {
  /** Numbers of workers, ascending. */
  readonly workers: readonly number[];
  /** Tools in their order. */
  readonly tools: readonly Tool[];
  /** Path of the JSON file; undefined for the default place. */
  readonly json: string | undefined;
}

const names = Object.keys(operations) as Operation[];

/** Parses the arguments. @throws {CommanderError} for an unknown option or a wrong value, and for `--help`. */
export function parseArguments(args: readonly string[]): Arguments {
  const parser = new Command("npm run bench:engine --")
    .description("Measures the program on the real engine with instant plugins, and OpenTofu beside it.")
    .addOption(new Option("--workers <numbers>", "numbers of workers").default([10, 100]).argParser(numbers))
    .addOption(new Option("--operations <names>", "what is run").default(names).argParser(pick(names, "up")))
    .addOption(new Option("--limit <seconds>", "wall seconds of each operation").default(1800).argParser(seconds))
    .addOption(new Option("--tools <names>", "what is measured").default(tools).argParser(pick(tools)))
    .addOption(new Option("--journal <choice>", "journal of the state").choices(["auto", "on", "off"]).default("auto"))
    .option("--json <file>", "file for the results (default: .bench/engine-TIME.json)")
    .exitOverride();
  const { json, ...options } = parser.parse(args, { from: "user" }).opts<Omit<Arguments, "json"> & { json?: string }>();
  return { ...options, json };
}

function numbers(text: string): readonly number[] {
  const parts = text.split(",");
  if (!parts.every((part) => /^[1-9]\d{0,3}$/.test(part) && Number(part) <= largest)) {
    throw new InvalidArgumentError(`Expected whole numbers from 1 to ${largest}, such as 10,100.`);
  }
  return [...new Set(parts.map(Number))].sort((one, other) => one - other);
}

/** Returns a parser of some names. @param always A name that is always among them, because the others need it. */
function pick<T extends string>(all: readonly T[], always?: T): (text: string) => readonly T[] {
  return (text) => {
    const parts = text.split(",");
    const wrong = parts.filter((part) => !(all as readonly string[]).includes(part));
    if (wrong.length > 0) throw new InvalidArgumentError(`Unknown: ${wrong.join(", ")}. Expected ${all.join(", ")}.`);
    return all.filter((name) => name === always || parts.includes(name));
  };
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("Expected whole seconds from 1 to 99999.");
  return Number(text);
}
