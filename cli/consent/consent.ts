import { createInterface } from "node:readline/promises";
import { onTerminal } from "../../lib/process.ts";
import { quoted } from "../../lib/shell.ts";
import { stackArguments } from "../stack/settings.ts";

/** Options that answer Pulumi's question in advance. A short one may be combined with others that take no value. */
const agreement = /^--(yes|skip-preview)(=true)?$|^-[defhjryQ]*[yf][defhjryQ]*$/;

/**
 * Whether the user agreed to the plan in advance, by an option or by PULUMI_SKIP_CONFIRMATIONS. Pulumi decides it the same way
 * (3.250, cmd/pulumi/operations/up.go).
 */
export function agrees(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): boolean {
  return args.some((argument) => agreement.test(argument)) || isTrue(environment.PULUMI_SKIP_CONFIRMATIONS);
}

/**
 * Whether a question is needed and Pulumi cannot ask it. It needs a terminal for input and output that is not `dumb`. It asks
 * nothing in continuous integration, or with `--non-interactive` (3.250, sdk/go/common/util/cmdutil/console.go).
 */
export function isUnattended(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  terminal = onTerminal(),
): boolean {
  if (agrees(args, environment) || args.includes("--preview-only")) return false;
  const { TERM, CI, PULUMI_CI_SYSTEM, PULUMI_DISABLE_CI_DETECTION } = environment;
  const isCi = Boolean(CI || PULUMI_CI_SYSTEM) && !PULUMI_DISABLE_CI_DETECTION;
  return !terminal || TERM?.toLowerCase() === "dumb" || isCi || args.includes("--non-interactive");
}

/** Returns the npm command that agrees in advance, with the stack and the arguments of the refused command. */
export function agreeingCommand(command: string, stack: string, args: readonly string[]): string {
  const plain = (word: string) => (/^[\w./:=@%+,-]+$/.test(word) ? word : quoted(word));
  return `npm run ${command} -- ${[...stackArguments(stack), ...args, "--yes"].map(plain).join(" ")}`;
}

/**
 * Asks a question on the terminal; only `yes` agrees.
 * @returns false for every other answer, at the end of the input and after Ctrl-C.
 */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const given = new AbortController();
  terminal.on("close", () => given.abort()).on("SIGINT", () => terminal.close());
  try {
    return (await terminal.question(`${question} Only \`yes\` confirms: `, { signal: given.signal })).trim() === "yes";
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}

/** Reads a variable as Go's `strconv.ParseBool` does. */
function isTrue(text: string | undefined): boolean {
  return ["1", "t", "true"].includes((text ?? "").toLowerCase());
}
