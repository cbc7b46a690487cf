import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { agentAnswers } from "../config/ssh-agent.ts";
import { keyPlaces } from "../config/ssh.ts";
import { logLine } from "../lib/log.ts";
import { ownFolder } from "../lib/private-files.ts";
import { run } from "../lib/process.ts";
import type { StackSettings } from "./stack/settings.ts";

/** What a test replaces. */
interface Places {
  /** Path of this checkout's private key. */
  readonly own: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Makes the key of this checkout where neither the stack nor the environment names one, so that the first run needs no
 * preparation and no key of the operator's own gets into the state. The program finds it by itself.
 * @returns variables for Pulumi: without an agent that does not answer, which the official plugin would fail on.
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
  logLine(`making an ssh key for this checkout: ${folder}`);
  ownFolder(state);
  const work = await mkdtemp(join(state, ".key-"));
  try {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "nodeforge", "-f", join(work, "id_ed25519")]);
    // The pair appears as one. Another process may have been quicker; its pair stays.
    await rename(work, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
