import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

/** Returns whether an ssh agent answers at a socket. Without `ssh-add`, returns whether the socket exists. */
export function agentAnswers(socket: string): boolean {
  if (!statSync(socket, { throwIfNoEntry: false })?.isSocket()) return false;
  const { status, error }: { status: number | null; error?: NodeJS.ErrnoException } = spawnSync("ssh-add", ["-l"], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: "ignore",
    timeout: 5_000,
  });
  if (error?.code === "ENOENT") return true;
  // Status 1 is an agent without keys, status 2 is no agent (ssh-add(1)).
  return status === 0 || status === 1;
}

/**
 * Returns whether the agent at a socket holds the private key of a public key. Without `ssh-add`, returns true.
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
