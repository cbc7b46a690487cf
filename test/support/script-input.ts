import { readFileSync } from "node:fs";
import type { GuestScript } from "../../guest/script.ts";

/** One script in the standard input of a command. */
export interface ParsedScript {
  /** Parameters, without the image contract that every script gets. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Text of the script as it runs: parameters, common.sh and its own lines. */
  readonly text: string;
}

/** Parts of the standard input that scriptInput (guest/script.ts) composes. */
export interface ParsedInput {
  /** Scripts by name, in their order. */
  readonly scripts: Readonly<Partial<Record<GuestScript, ParsedScript>>>;
  /** Standard input of the script that runs. */
  readonly stdin: string;
}

const source = (script: string) => readFileSync(new URL(`../../guest/${script}.sh`, import.meta.url), "utf8");

/**
 * Parses the standard input of a command that runs a script on a node.
 * @throws when a script of the input is not the text of its file.
 */
export function parseScriptInput(input: unknown): ParsedInput {
  const text = String(input);
  const end = text.indexOf("\n") + 1;
  const bytes = Buffer.from(text.slice(end));
  const size = Number(text.slice(0, end));
  let rest = afterPrefix(bytes.subarray(0, size).toString(), "case $0 in\n");
  const scripts: Partial<Record<GuestScript, ParsedScript>> = {};
  while (rest !== "esac\n") {
    const name = rest.slice(0, rest.indexOf(")\n")) as GuestScript;
    rest = afterPrefix(rest, `${name})\n`);
    const lines = source("common") + source(name);
    const at = rest.indexOf(lines);
    if (at < 0) throw new Error(`the input does not have the text of ${name}`);
    scripts[name] = { parameters: parametersIn(rest.slice(0, at)), text: rest.slice(0, at + lines.length) };
    rest = afterPrefix(rest.slice(at + lines.length), ";;\n");
  }
  return { scripts, stdin: bytes.subarray(size).toString() };
}

function parametersIn(assignments: string): Record<string, string> {
  // A value may have line breaks, and quotes as guest/script.ts writes them.
  const found = [...assignments.matchAll(/^(\w+)='((?:[^']|'\\'')*)'$/gm)];
  const all = found.map(([, name = "", value = ""]) => [name, value.replaceAll("'\\''", "'")] as const);
  return Object.fromEntries(all.filter(([name]) => name !== "IMAGE_CONTRACT"));
}

function afterPrefix(text: string, prefix: string): string {
  if (!text.startsWith(prefix))
    throw new Error(`expected ${JSON.stringify(prefix)}, got ${JSON.stringify(text.slice(0, 40))}`);
  return text.slice(prefix.length);
}
