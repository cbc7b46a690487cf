import { Command, InvalidArgumentError, Option } from "commander";
import { choiceOf, stackOptions, type StackOptions } from "../../cli/commands/options.ts";
import type { StackChoice } from "../../cli/stack/settings.ts";

/** Arguments of `npm run test:conformance`. */
export interface Arguments {
  /** Stack whose cluster is tested; undefined for a cluster without machines. */
  readonly stack: StackChoice | undefined;
  /** Whether the cases that need an image of a registry run, too. */
  readonly all: boolean;
  /** Only cases whose name matches. @default every case */
  readonly focus?: RegExp;
  /** Whether the cases are listed and nothing runs. */
  readonly dryRun: boolean;
  /** Whether standard output is JSON. */
  readonly json: boolean;
}

interface Options extends StackOptions {
  readonly bare: boolean;
  readonly all: boolean;
  readonly focus?: RegExp;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * Parses the arguments.
 * @throws {CommanderError} for an unknown option, a wrong value or a wrong combination, and for `--help`.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const parser = new Command("npm run test:conformance --").description(
    "Runs Kubernetes' conformance tests against the cluster of a stack, and records the results.",
  );
  for (const option of stackOptions()) parser.addOption(option);
  const { bare, all, focus, dryRun, json, ...stack } = parser
    .addOption(new Option("--all", "also run the cases that need an image of a registry").default(false))
    .addOption(new Option("--focus <regex>", "only cases whose name matches").argParser(pattern))
    .addOption(
      new Option("--bare", "test a control plane on this machine, with two simulated nodes that start no container")
        .default(false)
        .conflicts("configFile"),
    )
    .addOption(new Option("--dry-run", "list the cases, and run none").default(false))
    .addOption(new Option("--json", "print the results as JSON").default(false))
    .exitOverride()
    .parse(args, { from: "user" })
    .opts<Options>();
  return { stack: bare ? undefined : choiceOf(stack), all, dryRun, json, ...(focus === undefined ? {} : { focus }) };
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(`Expected a regular expression: ${(error as Error).message}.`);
  }
}
