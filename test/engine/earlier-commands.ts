import { installedInput } from "../../guest/installed-script.ts";
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
  return withCommands(text, toEarlier);
}

/**
 * Changes the Commands of an exported state to those of the release before the control plane got safer defaults. They have other
 * versions of the scripts, and no arguments of the units.
 */
export function withoutHardening(text: string): string {
  return withCommands(text, (properties) => {
    const former = (ids: string) => ids.replaceAll(/\b([a-z-]+)-[0-9a-f]{12}(?= |$)/g, "$1-0123456789ab");
    if (properties.environment?.SCRIPTS !== undefined) {
      properties.environment.SCRIPTS = former(properties.environment.SCRIPTS);
    }
    for (const operation of ["create", "update", "delete"] as const) {
      const command = properties[operation];
      if (command?.includes("timeout ")) properties[operation] = former(command);
    }
    if (properties.create?.includes(" init-control-plane-")) changeInput(properties, withoutArguments);
  });
}

/** Changes the inputs and outputs of each Command of an exported state. */
function withCommands(text: string, change: (properties: Properties) => void): string {
  const state = JSON.parse(text) as {
    deployment?: { resources: { type: string; inputs?: Properties; outputs?: Properties }[] };
  };
  for (const { type, inputs, outputs } of state.deployment?.resources ?? []) {
    for (const properties of [inputs, outputs]) {
      if (type.startsWith("command:") && properties !== undefined) change(properties);
    }
  }
  return JSON.stringify(state);
}

function withoutArguments(input: string): string {
  const { scripts, stdin } = parseScriptInput(input);
  const calls = Object.entries(scripts).map(([script, { parameters }]): ScriptCall => {
    const { ARGUMENTS, FILES, PROVEN, RESTART_TIMEOUT_SECONDS, ...others } = parameters;
    if ([ARGUMENTS, FILES, PROVEN, RESTART_TIMEOUT_SECONDS].includes(undefined)) {
      throw new Error(`expected the arguments of the units, got ${Object.keys(parameters).join(", ")}`);
    }
    return { script: script as GuestScript, parameters: others };
  });
  return installedInput(calls, stdin);
}

function toEarlier(properties: Properties): void {
  delete properties.environment?.SCRIPTS;
  for (const operation of ["create", "update", "delete"] as const) {
    const command = properties[operation];
    if (command?.includes("timeout ")) properties[operation] = earlierCommand(command);
  }
  changeInput(properties, earlierInput);
}

function changeInput(properties: Properties, change: (input: string) => string): void {
  const { stdin } = properties;
  if (typeof stdin === "string") properties.stdin = change(stdin);
  else if (stdin !== undefined) stdin.plaintext = JSON.stringify(change(JSON.parse(stdin.plaintext) as string));
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
