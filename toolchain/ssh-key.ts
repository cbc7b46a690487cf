import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { defaultKeyNames } from "../config/ssh.ts";
import { stateFolder } from "./checkout.ts";
import { say } from "./log.ts";
import { ownFolder } from "./private-files.ts";
import { run } from "./process.ts";
import type { StackSettings } from "./stack.ts";

/** Where an operator's keys are looked for, and where one is made. */
interface Places {
  readonly home: string;
  readonly state: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Path of a private key that this checkout made for itself, to log in to nodes with; undefined when the stack, the
 * environment or the operator's home has one. A machine without any gets one, so that the first run needs no preparation.
 */
export async function ownSshKey(
  settings: Pick<StackSettings, "get">,
  { home, state, environment }: Places = { home: homedir(), state: stateFolder, environment: process.env },
): Promise<string | undefined> {
  if (settings.get("sshPublicKey") !== "" || environment.NODEFORGE_SSH_KEY) return undefined;
  if (defaultKeyNames.some((name) => existsSync(join(home, ".ssh", `${name}.pub`)))) return undefined;
  const folder = join(state, "ssh");
  const path = join(folder, "id_ed25519");
  if (!existsSync(path)) await make(folder, state);
  return path;
}

async function make(folder: string, state: string): Promise<void> {
  say(`there is no ssh key in ~/.ssh: making one for this checkout`);
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
