import { setTimeout as sleep } from "node:timers/promises";
import { scriptFolder, type InstalledScript } from "../guest/installed-script.ts";
import { sha256 } from "../lib/digest.ts";
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

/** Answer of guest-exec-status. */
interface Status {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly "err-data"?: string;
}

/** Installs a script on a node, through its guest agent. Repeatable. @throws when the node refuses it. */
export async function installScript(ask: AskAgent, { id, text }: InstalledScript): Promise<void> {
  const { pid } = (await ask("guest-exec", {
    path: "/bin/sh",
    arg: ["-c", install, "sh", id, sha256(text)],
    "input-data": Buffer.from(text).toString("base64"),
    "capture-output": true,
  })) as { pid: number };
  const deadline = Date.now() + limitSeconds * 1000;
  for (;;) {
    const status = (await ask("guest-exec-status", { pid })) as Status;
    if (status.exited && status.exitcode === 0) return;
    if (status.exited) {
      const reason = Buffer.from(status["err-data"] ?? "", "base64")
        .toString("utf8")
        .trim();
      throw new Error(`${id} could not be installed: ${reason || `exit code ${String(status.exitcode)}`}`);
    }
    if (Date.now() > deadline) throw new Error(`${id} was not installed within ${limitSeconds} s`);
    // The agent has no notification.
    await sleep(200);
  }
}
