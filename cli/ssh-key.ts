import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { agentAnswers } from "../config/ssh-agent.ts";
import { keyPlaces } from "../config/ssh.ts";
import { logLine } from "../lib/log.ts";
import { ownFolder } from "../lib/private-files.ts";
import { run } from "../lib/process.ts";
import type { StackSettings } from "./stack/settings.ts";

/** Path and variables, which a test replaces. */
interface Places {
  /** Path of this checkout's private key. */
  readonly own: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Creates the ssh key of this checkout where neither the stack nor the environment names one. The first run then needs no
 * preparation, and the user's own key stays out of the state. The program finds the key on its own.
 * @returns variables for Pulumi that hide an agent that does not answer, because the official plugin would fail on it.
 */
export async function sshVariables(
  settings: Pick<StackSettings, "get">,
  { own, environment }: Places = { own: keyPlaces.own, environment: process.env },
): Promise<Readonly<Record<string, string>>> {
  const usesAgent = settings.get("sshAgent") === "true";
  const isNamed = ["sshPublicKey", "sshPrivateKeyPath"].some((key) => settings.get(key) !== "");
  if (!usesAgent && !isNamed && !environment.NODEFORGE_SSH_KEY && !existsSync(own)) await make(dirname(own));
  const { SSH_AUTH_SOCK: socket = "" } = environment;
  return !usesAgent && socket !== "" && !agentAnswers(socket) ? { SSH_AUTH_SOCK: "" } : {};
}

async function make(folder: string): Promise<void> {
  const state = dirname(folder);
  logLine(`creating an ssh key for this checkout: ${folder}`);
  ownFolder(state);
  const work = await mkdtemp(join(state, ".key-"));
  try {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "nodeforge", "-f", join(work, "id_ed25519")]);
    // Moves both files in one step. If another process was first, its pair stays.
    await rename(work, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
