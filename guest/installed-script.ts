import { sha256, shortDigest } from "../lib/digest.ts";
import {
  parameterAssignments,
  scriptBody,
  startProgram,
  type GuestScript,
  type ScriptCall,
  type ScriptStart,
} from "./script.ts";

/** Folder of the installed scripts on a node, which only root can enter. */
export const scriptFolder = "/var/lib/nodeforge/scripts";

/** A script as a node has it. */
export interface InstalledScript {
  /** Name and digest of the content, such as join-0123456789ab. The state and a plan show it instead of the text. */
  readonly id: string;
  readonly text: string;
}

// Each worker has several steps, and each step names its script.
const scripts = new Map<GuestScript, InstalledScript>();

/**
 * Returns a script with its id. A node gets it once, from operator/read-identity.ts, and keeps every version.
 *
 * The first lines read the parameters of the call from standard input, as {@link installedInput} writes them.
 */
export function installedScript(script: GuestScript): InstalledScript {
  const known = scripts.get(script);
  if (known !== undefined) return known;
  const text = `read -r size\neval "$(head -c "$size")"\n${scriptBody(script)}`;
  const installed = { id: `${script}-${shortDigest(sha256(text))}`, text };
  scripts.set(script, installed);
  return installed;
}

/**
 * Returns the script of an id.
 * @throws when this checkout has another version of it.
 */
export function scriptOf(id: string): InstalledScript {
  const script = installedScript(id.replace(/-[^-]*$/, "") as GuestScript);
  if (script.id !== id) throw new Error(`this checkout has ${script.id}, expected ${id}: it changed during the run`);
  return script;
}

/**
 * Returns the command that starts an installed script. Its last word is the script's id.
 *
 * A node without this version runs its newest one. Such a node is another machine of the control plane, and the command is the
 * deletion of a worker that joined under an earlier release.
 */
export function startInstalled(start: ScriptStart): string {
  const find = `f=${scriptFolder}/$0; [ -e "$f.sh" ] || f=\${f%-*}; . "$f.sh"`;
  return startProgram(start, find, installedScript(start.script).id);
}

/**
 * Returns the standard input of {@link startInstalled}'s command: the size of the parameters in bytes, the parameters, and the
 * script's own standard input.
 *
 * The creation, update and deletion of a command have one standard input, so it has the parameters of each script.
 */
export function installedInput(calls: readonly ScriptCall[], stdin = ""): string {
  const cases = calls.map(({ script, parameters = {} }) => `${script})\n${parameterAssignments(parameters)};;\n`);
  const program = `case \${0%-*} in\n${cases.join("")}esac\n`;
  return `${Buffer.byteLength(program)}\n${program}${stdin}`;
}
