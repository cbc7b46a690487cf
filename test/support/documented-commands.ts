import { existsSync, globSync, readFileSync } from "node:fs";
import { commands } from "../../cli/commands/all.ts";
import type { Declaration } from "../../cli/commands/command.ts";
import { inCheckout } from "../../lib/checkout.ts";

/** Pages for people. */
const documentedPages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: inCheckout() }).sort()];

/** A command in a page. */
export interface DocumentedCommand {
  readonly page: string;
  readonly command: string;
}

/** Returns the commands of the `sh` blocks in a text, without comments. A line that ends with a backslash goes on. */
export function fencedCommands(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, , block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map((line) => line.replace(/(^|\s+)#.*$/, "").trim())
      .filter((line) => line !== ""),
  );
}

/** Returns the commands in a text that npm runs: those in backticks, and those in `sh` blocks. */
export function npmCommands(text: string): readonly string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
  // A line break in a sentence may be in the middle of a command.
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll(/\s+/g, " "));
  const nested = /"?\$\(([^)]*)\)"?/g;
  const whole = [...inline, ...fencedCommands(text)].flatMap((code) => [
    code.replaceAll(nested, "VALUE"),
    ...[...code.matchAll(nested)].map(([, inner = ""]) => inner),
  ]);
  const found = whole.flatMap((code) => [
    ...code.matchAll(/npm (?:run (?:--silent )?(?<script>\S+)|(?<test>test))(?: -- (?<args>[^|&]*))?/g),
  ]);
  return [...new Set(found.map(([line]) => line.trim()))];
}

/** Returns the commands of every page, or other code in it. @param commandsIn Finds them in the text of a page. */
export function readPages(commandsIn: (text: string) => readonly string[]): readonly DocumentedCommand[] {
  return documentedPages.flatMap((page) =>
    commandsIn(readFileSync(inCheckout(page), "utf8")).map((command) => ({ page, command })),
  );
}

/** Options of Pulumi (3.250) that the pages name. `npm run up` and others pass them on. */
const pulumiOptions = ["--diff", "--exclude", "--expect-no-changes", "--policy-pack", "--refresh", "--target", "--yes"];

/** Words of a script that is no command of cli/: the files that parse its options. */
const parsers: Readonly<Record<string, readonly string[]>> = {
  "bench:engine": ["bench/engine/arguments.ts"],
  "bench:joins": ["bench/joins/arguments.ts"],
  "bench:floor": ["bench/floor.ts"],
  "bench:reference": ["bench/reference/arguments.ts"],
  "test:conformance": ["test/conformance/arguments.ts", "cli/commands/options.ts"],
};

/** Returns the reason why a command of {@link npmCommands} cannot work; undefined when each script, word and option exists. */
export async function commandProblem(command: string): Promise<string | undefined> {
  const [, script = "test", rest = ""] = /^npm (?:run (?:--silent )?(\S+)|test)(?: -- (.*))?$/.exec(command) ?? [];
  if (isPlaceholder(script)) return undefined;
  const { scripts } = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as { scripts: object };
  if (!(script in scripts)) return `package.json has no script ${script}`;
  const words = rest.match(/'[^']*'|"[^"]*"|[^\s[\]]+/g) ?? [];
  const load = commands[script]?.load;
  if (load !== undefined) return wordProblem((await load()).command.declaration, words);
  if (script.startsWith("test") && parsers[script] === undefined) {
    const missing = words.filter((word) => !word.startsWith("-") && !existsSync(inCheckout(word)));
    return missing.length === 0 ? undefined : `the checkout has no ${missing.join(", ")}`;
  }
  const source = (parsers[script] ?? []).map((file) => readFileSync(inCheckout(file), "utf8")).join("\n");
  const unknown = words.filter(
    (word) => word.startsWith("--") && !new RegExp(`"${word}["\\s]|"?\\b${word.slice(2)}"?: \\{`).test(source),
  );
  return unknown.length === 0 ? undefined : `npm run ${script} has no option ${unknown.join(", ")}`;
}

/** Returns the reason why a subcommand refuses words; undefined when it has each option and subcommand. */
function wordProblem(declaration: Declaration, words: readonly string[]): string | undefined {
  const [first = ""] = words;
  const { subcommands = [], takes = {}, passesTo } = declaration;
  const below = subcommands.find(({ name }) => name === first);
  if (below !== undefined) return wordProblem(below, words.slice(1));
  const isWord = first !== "" && !first.startsWith("-") && !isPlaceholder(first);
  if (isWord && subcommands.length > 0 && Object.keys(takes).length === 0) {
    return `${declaration.name} has no subcommand ${first}`;
  }
  if (passesTo?.keepsOptions === true || passesTo?.program === "kubectl") return undefined;
  const own = (declaration.options?.() ?? []).flatMap(({ long, short }) => [long, short]);
  const known = [...own, "--help", "-h", ...(passesTo === undefined ? [] : pulumiOptions)];
  const unknown = words.filter((word) => /^--?[a-z]/.test(word) && !known.includes(word.replace(/=.*$/, "")));
  return unknown.length === 0 ? undefined : `${declaration.name} has no option ${unknown.join(", ")}`;
}

/** Returns whether a word is for any name, such as NAME or an ellipsis. */
function isPlaceholder(word: string): boolean {
  return /^[A-Z]+$|^…$/.test(word);
}
