import type { Option } from "commander";

/** A command as its declaration describes it. cli/commands/command.ts has the whole type. */
export interface Declared {
  readonly name: string;
  readonly purpose: string;
  readonly options?: () => readonly Option[];
  readonly takes?: Readonly<Record<string, string>>;
  readonly passesTo?: { readonly program: string; readonly keepsOptions?: boolean };
  readonly subcommands?: readonly Declared[];
}

/** Words for a value: these, or what a shell finds. "free" is a value that nothing knows. */
export type Value = readonly string[] | "free" | "files" | "stacks" | "nodes";

/** A word, and what it is for. */
export interface Word {
  readonly word: string;
  readonly meaning: string;
}

/** An option of a command. */
export interface OptionWords {
  /** Short and long form. */
  readonly words: readonly Word[];
  /** Words for its value; undefined for an option without one. */
  readonly value: Value | undefined;
}

/** Words that can follow a command. */
export interface CommandWords {
  /** Its name and those of the commands above it, such as "runs show"; "" for nodeforge itself. */
  readonly path: string;
  readonly subcommands: readonly Word[];
  readonly options: readonly OptionWords[];
  /** Words for its arguments, in order. */
  readonly takes: readonly Value[];
  /** Whether another program gets everything after its first argument. */
  readonly passesOn: boolean;
}

/** Arguments that are names of nodes or paths, by their names in declarations. */
const argumentValues: Readonly<Record<string, Value>> = {
  node: "nodes",
  file: "files",
  scenario: "files",
};

/** First argument of commands whose arguments belong to another program. */
const firstArguments: Readonly<Record<string, Value>> = { ssh: "nodes", logs: "nodes" };

/**
 * Lists the words that can follow `nodeforge` and each of its commands.
 * @param commands Declaration of each command with its summary.
 */
export function commandWords(
  commands: readonly (Readonly<Record<"summary", string>> & { readonly declaration: Declared })[],
): readonly CommandWords[] {
  return [
    {
      path: "",
      subcommands: commands.map(({ summary, declaration: { name } }) => ({ word: name, meaning: summary })),
      ...{ options: [help], takes: [], passesOn: false },
    },
    ...commands.flatMap(({ declaration }) => wordsOf(declaration, "")),
  ];
}

const help: OptionWords = {
  words: ["-h", "--help"].map((word) => ({ word, meaning: "print the help" })),
  value: undefined,
};

function wordsOf(declared: Declared, above: string): readonly CommandWords[] {
  const { name, options = () => [], takes = {}, passesTo, subcommands = [] } = declared;
  const path = above === "" ? name : `${above} ${name}`;
  const first = passesTo === undefined ? undefined : firstArguments[name];
  const own: CommandWords = {
    path,
    subcommands: subcommands.map((below) => ({ word: below.name, meaning: firstSentence(below.purpose) })),
    options: [
      ...options()
        .filter(({ hidden }) => !hidden)
        .map(optionWords),
      help,
    ],
    takes: first === undefined ? Object.keys(takes).map((key) => argumentValues[key] ?? "free") : [first],
    passesOn: passesTo?.keepsOptions === true,
  };
  return [own, ...subcommands.flatMap((below) => wordsOf(below, path))];
}

function optionWords(option: Option): OptionWords {
  const { short, long, description, required, optional } = option;
  const names = [short, long].filter((word) => word !== undefined);
  return {
    words: names.map((word) => ({ word, meaning: description })),
    value: required || optional ? valueOf(option) : undefined,
  };
}

function valueOf({ argChoices, long, flags }: Option): Value {
  if (argChoices !== undefined) return argChoices;
  if (long === "--stack") return "stacks";
  return /[<[](file|folder|path)\b/.test(flags) ? "files" : "free";
}

function firstSentence(text: string): string {
  return text.split(/\.(?:\s|$)/)[0] ?? text;
}
