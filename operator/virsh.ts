import { execFile } from "node:child_process";
import { promisify, stripVTControlCharacters } from "node:util";

const run = promisify(execFile);
const { LIBVIRT_URI = "" } = process.env;

/**
 * Asks virsh on the hypervisor of LIBVIRT_URI; what that does not answer in half a minute it does not answer.
 * @throws when it does not, or refuses.
 */
export async function virsh(...args: readonly string[]): Promise<string> {
  // States and errors are compared, so virsh must not translate them.
  const env = { ...process.env, LC_ALL: "C" };
  const { stdout } = await run("virsh", ["-c", LIBVIRT_URI, ...args], { timeout: 30_000, env });
  return stdout.trim();
}

/** Why a call failed, in a line: a guest agent's words are in it, which must not steer the operator's terminal. */
export function reasonOf(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  const [line = ""] = (stderr?.trim() || String(error)).split("\n");
  // eslint-disable-next-line no-control-regex -- they are what has to go
  return stripVTControlCharacters(line).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
