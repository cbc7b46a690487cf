import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readdir, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { checkout, inCheckout, stateFolder } from "../lib/checkout.ts";
import { userPulumiHome, type PluginHome } from "../tools/plugins.ts";
import { ownFolder } from "../lib/private-files.ts";
import { sparingProxy } from "./proxy.ts";
import { projectName, type StackSettings } from "./stack/settings.ts";

/** What the environment follows from. */
export interface Surroundings {
  /** The user's own variables, which always win. */
  readonly environment: NodeJS.ProcessEnv;
  /** Backend the user is logged in to. */
  readonly login: string | undefined;
  /** The user's own PULUMI_HOME. */
  readonly userHome: string;
  /** Folder of the Pulumi CLI. */
  readonly cli: string;
  readonly home: Pick<PluginHome, "folder" | "isPrivate">;
  readonly secretsProvider: string | undefined;
  /** Hosts that are reached without a proxy. */
  readonly direct: readonly string[];
  /** Node image for a stack that names none. */
  readonly image: string | undefined;
}

/**
 * Where stacks are kept when the user has no backend. Without the parameter there is a file of metadata beside each state,
 * which a killed CLI can leave empty; every command then refuses the state with `failed to load checkpoint: EOF`.
 */
export const ownBackend = `file://${stateFolder}?metadata=skip`;

/** The file the passphrase of local stacks is kept in, readable by its owner only. */
export const passphraseFile = inCheckout(".pulumi-passphrase");

/** Lets Pulumi take from the state how secrets are encrypted, where the stack's file does not say it. */
const saltFromState = "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER";

/** Has `node`, which the language host looks for on PATH. */
const projectPrograms = join(checkout, "node_modules", ".bin");

/**
 * The variables that Pulumi runs with, beside the user's own.
 *
 * Without a backend of the user's, stacks are kept in the checkout and encrypted with a passphrase of the checkout.
 */
export function decideEnvironment(surroundings: Surroundings): Readonly<Record<string, string>> {
  const { environment, login, userHome, cli, home, image } = surroundings;
  const variables: Record<string, string> = {
    PATH: [...new Set([projectPrograms, cli, ...(environment.PATH ?? "").split(delimiter)])]
      .filter(Boolean)
      .join(delimiter),
    PULUMI_HOME: home.folder,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...sparingProxy(surroundings.direct, environment),
  };
  // The stack's file need not have the salt then, and stays as the user wrote it.
  if (environment[saltFromState] === undefined) variables[saltFromState] = "true";
  if (!environment.PULUMI_BACKEND_URL && login === undefined) variables.PULUMI_BACKEND_URL = ownBackend;
  if (needsPassphrase(surroundings)) variables.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile;
  if (home.isPrivate) {
    // What is not there cannot be downloaded either, and trying takes minutes.
    variables.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
    // Logins stay where the user made them.
    if (!environment.PULUMI_CREDENTIALS_PATH) variables.PULUMI_CREDENTIALS_PATH = userHome;
  }
  if (image !== undefined) variables.NODEFORGE_IMAGE = image;
  return variables;
}

/** Whether the stack is encrypted with a passphrase that the user does not provide. */
export function needsPassphrase({
  environment,
  login,
  secretsProvider,
}: Pick<Surroundings, "environment" | "login" | "secretsProvider">): boolean {
  // Undefined and empty differ: an empty passphrase is one.
  const given = environment.PULUMI_CONFIG_PASSPHRASE ?? environment.PULUMI_CONFIG_PASSPHRASE_FILE;
  const backend = environment.PULUMI_BACKEND_URL || login || ownBackend;
  // Pulumi's own service encrypts with a key of its own.
  return given === undefined && secretsProvider === undefined && !backend.startsWith("https://");
}

/** The backend of `pulumi login`; undefined when the user never logged in. */
export function readLogin(userHome = userPulumiHome(), environment: NodeJS.ProcessEnv = process.env) {
  try {
    const path = join(environment.PULUMI_CREDENTIALS_PATH || userHome, "credentials.json");
    const { current } = JSON.parse(readFileSync(path, "utf8")) as { current?: string };
    return current || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes what the variables point to: the folder of the stacks, which only its owner can enter, and the passphrase, which is
 * never overwritten.
 * @param folder The folder of the stacks. @default {@link stateFolder}
 */
export async function prepareState(
  variables: Readonly<Record<string, string>>,
  settings: Pick<StackSettings, "hasSalt">,
  folder = stateFolder,
): Promise<void> {
  ownFolder(folder);
  const path = variables.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (path === undefined || (await stat(path).catch(() => undefined))) return;
  if (settings.hasSalt) {
    throw new Error(
      `the stack's file is encrypted with a passphrase that is not here: put it into ${path}, ` +
        "or remove encryptionsalt and the secrets from the stack's file",
    );
  }
  if (variables.PULUMI_BACKEND_URL === ownBackend && (await hasStates(folder))) {
    throw new Error(
      `the stacks in ${stateFolder} are encrypted with a passphrase that is not here: put it into ${path}`,
    );
  }
  // Written in full before it has its name: another process never reads half a passphrase.
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Whether this checkout keeps the state of a stack, which its passphrase alone opens. */
async function hasStates(folder: string): Promise<boolean> {
  const names = await readdir(join(folder, ".pulumi", "stacks", projectName())).catch(() => []);
  return names.some((name) => name.endsWith(".json"));
}
