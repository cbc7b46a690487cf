import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readdir, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { checkout, inCheckout, stateFolder } from "../lib/checkout.ts";
import { userPulumiHome, type PluginHome } from "../tools/plugins.ts";
import { ownFolder } from "../lib/private-files.ts";
import { proxyExceptions } from "./proxy.ts";
import { projectName, type StackSettings } from "./stack/settings.ts";

/** Facts that decide the variables for Pulumi. */
export interface EnvironmentFacts {
  /** The user's own variables. They always win. */
  readonly environment: NodeJS.ProcessEnv;
  /** Backend of `pulumi login`; undefined without a login. */
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
 * Backend of the stacks when the user has none. Without the parameter Pulumi keeps a file of metadata beside each state, which
 * a killed CLI can leave empty. Every command then fails with `failed to load checkpoint: EOF`.
 */
export const ownBackend = `file://${stateFolder}?metadata=skip`;

/** File with the passphrase of local stacks, readable by its owner only. */
export const passphraseFile = inCheckout(".pulumi-passphrase");

/** Variable by which Pulumi reads the encryption of secrets from the state, where the stack's file does not have it. */
const saltFromState = "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER";

/** Folder with `node`, which the language host looks for on PATH. */
const projectPrograms = join(checkout, "node_modules", ".bin");

/**
 * Variables for Pulumi beside the user's own. Without a backend of the user, stacks are kept in the checkout and encrypted with a
 * passphrase of the checkout.
 */
export function decideEnvironment(facts: EnvironmentFacts): Readonly<Record<string, string>> {
  const { environment, login, userHome, cli, home, image } = facts;
  const variables: Record<string, string> = {
    PATH: [...new Set([projectPrograms, cli, ...(environment.PATH ?? "").split(delimiter)])]
      .filter(Boolean)
      .join(delimiter),
    PULUMI_HOME: home.folder,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...proxyExceptions(facts.direct, environment),
  };
  // The stack's file then needs no salt and stays as the user wrote it.
  if (environment[saltFromState] === undefined) variables[saltFromState] = "true";
  if (!environment.PULUMI_BACKEND_URL && login === undefined) variables.PULUMI_BACKEND_URL = ownBackend;
  if (needsPassphrase(facts)) variables.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile;
  if (home.isPrivate) {
    // A missing plugin cannot be downloaded either, and the attempt takes minutes.
    variables.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
    // The user's logins stay in the user's folder.
    if (!environment.PULUMI_CREDENTIALS_PATH) variables.PULUMI_CREDENTIALS_PATH = userHome;
  }
  if (image !== undefined) variables.NODEFORGE_IMAGE = image;
  return variables;
}

/** Whether the stack is encrypted with a passphrase that the user does not provide. */
function needsPassphrase({
  environment,
  login,
  secretsProvider,
}: Pick<EnvironmentFacts, "environment" | "login" | "secretsProvider">): boolean {
  // An empty passphrase is a passphrase.
  const given = environment.PULUMI_CONFIG_PASSPHRASE ?? environment.PULUMI_CONFIG_PASSPHRASE_FILE;
  const backend = environment.PULUMI_BACKEND_URL || login || ownBackend;
  // Pulumi's own service encrypts with its own key.
  return given === undefined && secretsProvider === undefined && !backend.startsWith("https://");
}

/** Backend of `pulumi login`; undefined when the user never logged in. */
export function readLogin(userHome = userPulumiHome(), environment: NodeJS.ProcessEnv = process.env) {
  try {
    const path = join(environment.PULUMI_CREDENTIALS_PATH || userHome, "credentials.json");
    const { current } = JSON.parse(readFileSync(path, "utf8")) as { readonly current?: unknown };
    return typeof current === "string" && current !== "" ? current : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Creates the folder of the stacks, which only its owner can enter, and the passphrase, which is never overwritten.
 * @param variables Variables for Pulumi.
 * @param folder Folder of the stacks. @default {@link stateFolder}
 * @throws when the passphrase is missing and something is encrypted with it.
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
      `the passphrase of the stack's file is missing. Fix: write it to ${path}, ` +
        "or remove encryptionsalt and the secrets from the stack's file",
    );
  }
  if (variables.PULUMI_BACKEND_URL === ownBackend && (await hasStates(folder))) {
    throw new Error(`the passphrase of the stacks in ${stateFolder} is missing. Fix: write it to ${path}`);
  }
  // The file is complete before it has its name, so that no other process reads a part of it.
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

/** Whether the folder has the state of a stack, which only the checkout's passphrase decrypts. */
async function hasStates(folder: string): Promise<boolean> {
  const names = await readdir(join(folder, ".pulumi", "stacks", projectName())).catch(() => []);
  return names.some((name) => name.endsWith(".json"));
}
