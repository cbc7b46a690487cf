import { Argument, Command as Parser, CommanderError, type Option } from "commander";
import { columns } from "../../lib/table.ts";

/** A subcommand. */
export interface Command {
  /**
   * Runs it.
   * @returns the exit code.
   * @throws naming an option or an argument that it does not have, before it does anything.
   */
  (args: readonly string[]): Promise<number>;
  readonly declaration: Declaration;
}

/** A program that gets arguments from a subcommand. */
export interface PassThrough {
  /** Name as a user types it, e.g. `pulumi up`. */
  readonly program: string;
  /** Command that prints the program's own help. */
  readonly help: string;
  /** Options of the subcommand that the program gets as well. @default none */
  readonly shares?: readonly string[];
  /** Whether the program gets `--help` after the first argument. @default false */
  readonly keepsHelp?: boolean;
  /** Whether the program gets every option after the first argument. @default false */
  readonly keepsOptions?: boolean;
}

/** Options, arguments and help of a subcommand. */
export interface Declaration<Options extends object = object> {
  /** Word after `npm run`, or after the subcommand above it. */
  readonly name: string;
  /** Purpose, in sentences. */
  readonly purpose: string;
  /** Returns its options beside `--help`. Each call creates them, because a default may come from the environment. */
  readonly options?: () => readonly Option[];
  /** Names of its arguments, each with a description. All are required. */
  readonly takes?: Readonly<Record<string, string>>;
  /** Program that gets every other option and argument. Without one they are refused. */
  readonly passesTo?: PassThrough;
  /** Command lines, each with a description. */
  readonly examples: Readonly<Record<string, string>>;
  /** Subcommands below this one. {@link run} runs where the arguments name none of them. */
  readonly subcommands?: readonly Declaration[];
  /**
   * Does the work.
   * @param args Arguments; with {@link passesTo} all arguments of that program, as the user typed them.
   * @returns the exit code.
   */
  run(options: Options, args: readonly string[]): Promise<number>;
}

/** Returns the subcommand that a declaration describes. Its `--help` prints the declaration and does nothing else. */
export function defineCommand<Options extends object>(declaration: Declaration<Options>): Command {
  const run = async (args: readonly string[]) => {
    let exitCode = 0;
    const parser = new Parser(`npm run ${declaration.name} --`)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .configureHelp({ helpWidth: 100 });
    // commander drops a `--`, which separates arguments of the other program.
    const end = declaration.passesTo === undefined ? -1 : args.indexOf("--");
    const [head, tail] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
    declare(parser, declaration, head, tail, (code) => (exitCode = code));
    try {
      await parser.parseAsync([...head], { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return 0;
      throw new Error(
        `npm run ${declaration.name}: ${error.message.replace(/^error: /, "")}\n` +
          `Fix: \`npm run ${declaration.name} -- --help\` shows the usage`,
        { cause: error },
      );
    }
    return exitCode;
  };
  return Object.assign(run, { declaration });
}

function declare(
  parser: Parser,
  declaration: Declaration,
  head: readonly string[],
  tail: readonly string[],
  end: (exitCode: number) => void,
): void {
  const { purpose, options = () => [], takes = {}, passesTo, subcommands = [], examples } = declaration;
  parser.description(purpose).helpCommand(false).helpOption("-h, --help", "print this help");
  const declared = options();
  for (const option of declared) parser.addOption(option);
  for (const [name, meaning] of Object.entries(takes)) parser.addArgument(new Argument(`<${name}>`, meaning));
  if (passesTo !== undefined) passOn(parser, passesTo, head);
  for (const below of subcommands) declare(parser.command(below.name).summary(below.purpose), below, head, tail, end);
  // commander would count the arguments, but the first one was to be a subcommand.
  if (subcommands.length > 0) parser.usage("[command]").allowExcessArguments();
  parser.addHelpText("after", `\nExamples:\n${describeExamples(examples)}`);
  const shared = declared.filter(({ long }) => passesTo?.shares?.includes(long ?? ""));
  parser.action(async () => {
    const [word] = parser.args;
    if (subcommands.length > 0 && word !== undefined) {
      parser.error(`unknown command '${word}', expected ${subcommands.map(({ name }) => name).join(", ")} or none`);
    }
    const values: Readonly<Record<string, unknown>> = parser.opts();
    for (const option of declared) refuseOptionAsValue(parser, option, values[option.attributeName()]);
    const given = shared.flatMap((option) => {
      const value = values[option.attributeName()];
      return typeof value === "string" ? [option.long ?? "", value] : [];
    });
    end(await declaration.run(values, [...parser.args, ...given, ...tail]));
  });
}

/** Refuses a command line such as `--image --undo`, in which commander takes the second option for the value of the first. */
function refuseOptionAsValue(parser: Parser, option: Option, value: unknown): void {
  // An option that may be repeated has a list.
  const wrong = [value].flat().find((each): each is string => typeof each === "string" && each.startsWith("-"));
  if (wrong !== undefined) parser.error(`option '${option.flags}' expects a value, got '${wrong}'`);
}

function passOn(
  parser: Parser,
  { program, help, keepsHelp, keepsOptions }: PassThrough,
  head: readonly string[],
): void {
  parser
    .usage(`[options] [arguments of ${program}]`)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions(keepsOptions === true)
    .addHelpText("after", `\nAll other options and arguments go to \`${program}\`. Its own help: ${help}`);
  // commander looks for `--help` among all arguments.
  if (keepsHelp && !["-h", "--help"].includes(head[0] ?? "")) parser.helpOption(false);
}

function describeExamples(examples: Declaration["examples"]): string {
  const rows = Object.entries(examples).map(([example, meaning]) => [`  ${example}`, meaning]);
  return columns(rows);
}
