import { scriptText, type GuestScript } from "../../guest/script.ts";

/** One script in the standard input of a command. */
export interface ParsedScript {
  readonly parameters: Readonly<Record<string, string>>;
  /** Text of the script as it runs: parameters, the files that it sources and its own lines. */
  readonly text: string;
}

/** Parts of the standard input that installedInput (guest/installed-script.ts) composes. */
export interface ParsedInput {
  /** Scripts by name, in their order. */
  readonly scripts: Readonly<Partial<Record<GuestScript, ParsedScript>>>;
  /** Standard input of the script that runs. */
  readonly stdin: string;
}

/** Parses the standard input of a command that runs a script on a node. @throws when it has another form. */
export function parseScriptInput(input: unknown): ParsedInput {
  const { program, stdin } = split(input);
  let rest = afterPrefix(program, "case ${0%-*} in\n");
  const scripts: Partial<Record<GuestScript, ParsedScript>> = {};
  while (rest !== "esac\n") {
    const [all, name, assignments = ""] = /^([a-z-]+)\)\n((?:\w+='(?:[^']|'\\'')*'\n)*);;\n/.exec(rest) ?? [];
    if (all === undefined)
      throw new Error(`expected the parameters of a script, got ${JSON.stringify(rest.slice(0, 40))}`);
    const [script, parameters] = [name as GuestScript, parametersIn(assignments)];
    scripts[script] = { parameters, text: scriptText({ script, parameters }) };
    rest = rest.slice(all.length);
  }
  return { scripts, stdin };
}

/** Parses the standard input of a command that also has the texts of its scripts, as scriptInput (guest/script.ts) does. */
export function parseWholeScripts(input: unknown): ParsedInput {
  const { program, stdin } = split(input);
  const scripts = afterPrefix(program, "case $0 in\n")
    .split(/;;\n(?=[a-z-]+\)\n|esac\n$)/)
    .slice(0, -1)
    .map((part) => {
      const end = part.indexOf(")\n");
      const text = part.slice(end + 2);
      const parameters = parametersIn(text.slice(0, text.indexOf("IMAGE_CONTRACT=")));
      return [part.slice(0, end), { parameters, text }] as const;
    });
  return { scripts: Object.fromEntries(scripts), stdin };
}

/** The program and what follows it. */
function split(input: unknown): { readonly program: string; readonly stdin: string } {
  const text = String(input);
  const end = text.indexOf("\n") + 1;
  const bytes = Buffer.from(text.slice(end));
  const size = Number(text.slice(0, end));
  return { program: bytes.subarray(0, size).toString(), stdin: bytes.subarray(size).toString() };
}

function parametersIn(assignments: string): Record<string, string> {
  // A value may have line breaks, and quotes as guest/script.ts writes them.
  const found = [...assignments.matchAll(/^(\w+)='((?:[^']|'\\'')*)'$/gm)];
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, value.replaceAll("'\\''", "'")]));
}

function afterPrefix(text: string, prefix: string): string {
  if (!text.startsWith(prefix))
    throw new Error(`expected ${JSON.stringify(prefix)}, got ${JSON.stringify(text.slice(0, 40))}`);
  return text.slice(prefix.length);
}
