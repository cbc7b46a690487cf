import { scriptInput, startScript } from "../../guest/script.ts";
import type { GuestScript, ScriptCall } from "../../guest/script.ts";
import { parseScriptInput } from "../support/script-input.ts";

/** Inputs or outputs of a Command. A secret is an object with its text as JSON. */
interface Properties {
  environment?: Record<string, string>;
  stdin?: string | { plaintext: string };
  create?: string;
  update?: string;
  delete?: string;
}

/** Changes the Commands of an exported state to those of earlier releases, which brought the texts of their scripts. */
export function withScriptTexts(text: string): string {
  const state = JSON.parse(text) as {
    deployment?: { resources: { type: string; inputs?: Properties; outputs?: Properties }[] };
  };
  for (const { type, inputs, outputs } of state.deployment?.resources ?? []) {
    for (const properties of [inputs, outputs]) {
      if (type.startsWith("command:") && properties !== undefined) toEarlier(properties);
    }
  }
  return JSON.stringify(state);
}

function toEarlier(properties: Properties): void {
  delete properties.environment?.SCRIPTS;
  for (const operation of ["create", "update", "delete"] as const) {
    const command = properties[operation];
    if (command?.includes("timeout ")) properties[operation] = earlierCommand(command);
  }
  const { stdin } = properties;
  if (typeof stdin === "string") properties.stdin = earlierInput(stdin);
  else if (stdin !== undefined) stdin.plaintext = JSON.stringify(earlierInput(JSON.parse(stdin.plaintext) as string));
}

function earlierCommand(command: string): string {
  const [, user, seconds, repeated, script] =
    /^(sudo -n )?timeout --kill-after 10 (\d+) (env REPEATED=yes )?.* ([a-z-]+)-[0-9a-f]{12}$/.exec(command) ?? [];
  return startScript({
    script: script as GuestScript,
    user: user === undefined ? "root" : "ops",
    limitMinutes: Number(seconds) / 60,
    repeated: repeated !== undefined,
  });
}

function earlierInput(input: string): string {
  const { scripts, stdin } = parseScriptInput(input);
  const calls = Object.entries(scripts).map(([script, { parameters }]): ScriptCall => {
    return { script: script as GuestScript, parameters };
  });
  return scriptInput(calls, stdin);
}
