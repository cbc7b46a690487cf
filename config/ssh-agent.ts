import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

/** Whether an ssh agent listens at a socket; where there is no `ssh-add` to ask with, whether there is a socket. */
export function agentAnswers(socket: string): boolean {
  if (!statSync(socket, { throwIfNoEntry: false })?.isSocket()) return false;
  const { status, error }: { status: number | null; error?: NodeJS.ErrnoException } = spawnSync("ssh-add", ["-l"], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: "ignore",
    timeout: 5_000,
  });
  if (error?.code === "ENOENT") return true;
  // 1 is an agent without keys, 2 is no agent (ssh-add(1)).
  return status === 0 || status === 1;
}

/**
 * Whether the agent at a socket holds the private key of a public one; where there is no `ssh-add` to ask with, it may.
 * @param blob The public key in base64, as in authorized_keys.
 */
export function agentHolds(socket: string, blob: string): boolean {
  const { stdout, error }: { stdout: string; error?: NodeJS.ErrnoException } = spawnSync("ssh-add", ["-L"], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
    timeout: 5_000,
  });
  if (error?.code === "ENOENT") return true;
  return stdout.split("\n").some((line) => line.split(" ")[1] === blob);
}
