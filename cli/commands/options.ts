import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { defaultDays } from "../../lib/age.ts";
import { defaultStack, type StackChoice } from "../stack/settings.ts";

/** Values of {@link stackOptions}. */
export interface StackOptions {
  readonly stack: string;
  /** Path, as the user typed it. */
  readonly configFile?: string;
}

/** `--stack NAME` and `--config-file FILE`, which most subcommands have. */
export function stackOptions(): readonly Option[] {
  return [
    stackOption("-s, --stack <name>"),
    new Option("--config-file <file>", "file with the stack's settings (default: Pulumi.<stack>.yaml)"),
  ];
}

/** `--stack NAME`. @param flags Its short and long form, and the name of its value. */
export function stackOption(flags: string): Option {
  return new Option(flags, "stack to work on")
    .default(process.env.PULUMI_STACK || defaultStack, `$PULUMI_STACK, else ${defaultStack}`)
    .argParser((name) => {
      if (name === "") throw new InvalidArgumentError("Expected the name of a stack.");
      return name;
    });
}

/** The stack that options name. The path of the file becomes absolute. */
export function choiceOf({ stack, configFile }: StackOptions): StackChoice {
  return { stack, ...(configFile === undefined ? {} : { configFile: resolve(configFile) }) };
}

/** `--config-file` for Pulumi, which needs it as well. */
export function configFileArguments({ configFile }: Pick<StackOptions, "configFile">): readonly string[] {
  return configFile === undefined ? [] : ["--config-file", configFile];
}

/** Value of {@link olderThanOption}. */
export interface AgeOptions {
  readonly olderThan: number;
}

/** `--older-than DAYS` of the `prune` subcommands. */
export function olderThanOption(purpose: string): Option {
  return new Option("--older-than <days>", `${purpose}; a whole number of days`)
    .default(defaultDays)
    .argParser(wholeNumber(5));
}

/** `--timeout MINUTES` of the commands that wait for a cluster. */
export function minutesOption(): Option {
  return new Option("--timeout <minutes>", "limit of the wait for the API server, and of the one for the nodes")
    .default(15)
    .argParser(wholeNumber(4));
}

/** Returns a parser of whole numbers of at least 1. @param digits Most digits that a number may have. */
export function wholeNumber(digits: number): (text: string) => number {
  return (text) => {
    if (!/^[1-9]\d*$/.test(text) || text.length > digits)
      throw new InvalidArgumentError("Expected a whole number of at least 1.");
    return Number(text);
  };
}
