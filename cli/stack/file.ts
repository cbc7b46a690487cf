import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { inCheckout, stateFolder } from "../../lib/checkout.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { stackBaseName, type StackChoice } from "./settings.ts";

/** Folders of the user's files and of their copies. */
export interface Places {
  readonly checkout: string;
  readonly state: string;
}

const here: Places = { checkout: inCheckout(), state: stateFolder };

/** Commands of Pulumi (3.250) that write the salt of the state's passphrase into the stack's file, and reformat its keys. */
const writers = ["up", "preview", "refresh", "destroy"];

/** Options by which the user names the file or asks for a change of it. A short one may be combined with others or a value. */
const ofTheUser = /^--(config|config-path|config-file)(=|$)|^-[defhjryQ]*c/;

/**
 * Returns arguments with which Pulumi does not change the stack's file, because it gets a copy. The salt that Pulumi keeps in
 * that file is also in the state, and Pulumi reads it there (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER).
 *
 * Pulumi gets the file itself where the file has secrets or names their encryption, because the secrets depend on it.
 */
export async function withStackFileCopy(
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
 * Creates a folder with a project of the same name and a copy of the stack's file. There `pulumi stack init` leaves the checkout
 * unchanged.
 * @returns its path; undefined for a stack with its own secrets provider, because Pulumi writes its key into the stack's file.
 */
export async function folderForNewStack(
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

/** Copies a stack's file. A stack without one gets an empty copy. */
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
  // Another command may read the copy at the same time.
  await writeOwn(path, text);
  return path;
}
