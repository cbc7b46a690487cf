import { scriptFolder, type InstalledScript } from "../guest/installed-script.ts";
import { sha256 } from "../lib/digest.ts";
import { runOnNode } from "./run-on-node.ts";
import type { AskAgent } from "./virsh.ts";

/** Longest wait for the program on the node in seconds. An emulated node needs two. */
const limitSeconds = 60;

/**
 * Program on the node: writes a script from standard input, and makes it the newest of its name. A script has its name only
 * once it is complete. Parameters: the script's id, and the SHA-256 of its text.
 */
const install = `set -eu
umask 077
mkdir -p ${scriptFolder}
cd ${scriptFolder}
cat >"$1.new"
[ "$(sha256sum <"$1.new")" = "$2  -" ] || { echo "the script $1 arrived incomplete" >&2; exit 1; }
mv "$1.new" "$1.sh"
ln -sfn "$1.sh" "\${1%-*}.sh"
`;

/** Installs a script on a node, through its guest agent. Repeatable. @throws when the node refuses it. */
export async function installScript(ask: AskAgent, { id, text }: InstalledScript): Promise<void> {
  const end = await runOnNode(ask, { text: install, parameters: [id, sha256(text)], input: text, limitSeconds });
  if (end === undefined) throw new Error(`${id} was not installed within ${limitSeconds} s`);
  if (end.exitCode === 0) return;
  throw new Error(`${id} could not be installed: ${end.stderr || `exit code ${String(end.exitCode)}`}`);
}
