import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { inCheckout, stateFolder } from "../../lib/checkout.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { stackBaseName, type StackChoice } from "./settings.ts";

/** Where the user's files are, and where the copies go. */
export interface Places {
  readonly checkout: string;
  readonly state: string;
}

const here: Places = { checkout: inCheckout(), state: stateFolder };

/** Commands of Pulumi (3.250) that write the salt of the state's passphrase into the stack's file, and its keys anew. */
const writers = ["up", "preview", "refresh", "destroy"];

/** Options by which the user names the file, or has it written on purpose; short ones stand among others or before a value. */
const ofTheUser = /^--(config|config-path|config-file)(=|$)|^-[defhjryQ]*c/;

/**
 * Arguments of a call of Pulumi that leaves the stack's file as the user wrote it: Pulumi gets a copy of it. The salt that
 * Pulumi keeps in that file is in the state as well, and is taken from there (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER).
 *
 * A file that names how its secrets are encrypted is Pulumi's to read and write, because its secrets depend on it.
 */
export async function sparingStackFile(
  choice: Pick<StackChoice, "stack" | "configFile">,
  args: readonly string[],
  places = here,
): Promise<readonly string[]> {
  const [command = ""] = args;
  if (choice.configFile !== undefined || !writers.includes(command) || args.some((word) => ofTheUser.test(word)))
    return args;
  const copy = await copyStackFile(choice.stack, places);
  return copy === undefined ? args : [...args, "--config-file", copy];
}

/**
 * Folder in which Pulumi makes the stack without a trace in the checkout: a project of the same name, with a copy of the
 * stack's file.
 * @returns undefined for a stack with a secrets provider of its own: Pulumi writes its key into the stack's file.
 */
export async function folderToMakeStackIn(
  { stack, configFile }: Pick<StackChoice, "stack" | "configFile">,
  places = here,
): Promise<string | undefined> {
  const name = `Pulumi.${stackBaseName(stack)}.yaml`;
  const { text, keys } = await readStackFile(configFile ?? join(places.checkout, name));
  if (keys.includes("secretsprovider")) return undefined;
  await writeCopy(text, name, places);
  await copyFile(join(places.checkout, "Pulumi.yaml"), join(folderOf(places), "Pulumi.yaml"));
  return folderOf(places);
}

function folderOf({ state }: Places): string {
  return join(state, "settings");
}

/** Copies a stack's file as it is now; a stack without one gets an empty copy. */
async function copyStackFile(stack: string, places: Places): Promise<string | undefined> {
  const name = `Pulumi.${stackBaseName(stack)}.yaml`;
  const { text, keys } = await readStackFile(join(places.checkout, name));
  const isPulumis = ["encryptionsalt", "encryptedkey", "secretsprovider"].some((key) => keys.includes(key));
  return isPulumis || /\bsecure\b/.test(text) ? undefined : writeCopy(text, name, places);
}

async function readStackFile(path: string) {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  return { text, keys: Object.keys((parse(text) ?? {}) as object) };
}

async function writeCopy(text: string, name: string, places: Places): Promise<string> {
  const path = join(folderOf(places), name);
  ownFolder(folderOf(places));
  // Appears whole: another command may be reading it.
  await writeOwn(path, text);
  return path;
}
