import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { stateFolder } from "../lib/checkout.ts";
import { privateKeyProblem } from "./private-key.ts";
import type { Problems } from "./problems.ts";
import { agentAnswers, agentHolds } from "./ssh-agent.ts";
import type { Values } from "./values.ts";

/** How remote steps log in to the nodes. */
export interface SshConfig {
  readonly user: string;
  /** One line as in authorized_keys. */
  readonly publicKey: string;
  /** Text of the private key; undefined when the agent is used. Secret. */
  readonly privateKey?: string;
  /** Socket of the agent; undefined when a key file is used. */
  readonly agentSocketPath?: string;
  /** Path of the public key in ~/.ssh that an earlier release used for the running cluster, when no setting names it. */
  readonly keptKey?: string;
}

/** User and public key that the nodes accept. */
export type Login = Pick<SshConfig, "user" | "publicKey">;

/** The parts of the environment that ssh settings depend on. */
export type SshEnvironment = Readonly<Partial<Record<"NODEFORGE_SSH_KEY" | "SSH_AUTH_SOCK", string>>>;

/** Places of keys that no setting names. */
export interface KeyPlaces {
  /** Path of the private key of this checkout. */
  readonly own: string;
  /** Home directory of the operator. */
  readonly home: string;
}

/** The key places of this machine. */
export const keyPlaces: KeyPlaces = { own: join(stateFolder, "ssh", "id_ed25519"), home: homedir() };

/** Names of private keys in ~/.ssh. With an agent, the first that exists is the default. */
const homeKeyNames = ["id_ed25519", "id_ecdsa", "id_rsa"];

// Debian's base-passwd and the packages of a node create these users without a shell. cloud-init changes no existing user.
// `no(?:body)` is the Debian user that the word list of the prose check refuses.
const systemUsers =
  /^(_.*|systemd-.*|nixbld\d*|daemon|bin|sys|sync|games|man|lp|mail|news|uucp|proxy|www-data|backup|list|irc|no(?:body)|sshd|messagebus|polkitd|etcd)$/;

const publicKeyLine = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-\S+) [A-Za-z0-9+/=]+( .*)?$/;

/** Inputs of the ssh settings besides the stack's own. */
export interface SshSurroundings {
  readonly environment: SshEnvironment;
  /** @default {@link keyPlaces} */
  readonly keys?: KeyPlaces;
  /** Whether the running cluster was created with a login. @default no cluster runs */
  readonly isMadeWith?: (login: Login) => boolean;
}

/** Reads and checks the operator's ssh key or agent. Adds what is wrong to `problems`, but never the text of a key. */
export function readSsh(values: Values, problems: Problems, surroundings: SshSurroundings): SshConfig {
  const { environment, keys = keyPlaces, isMadeWith = () => false } = surroundings;
  const user = values.string("sshUser");
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) problems.add("sshUser", "a Unix user name", user);
  else if (systemUsers.test(user))
    problems.add("sshUser", "a user that can log in, unlike the users of the system", user);

  const named = {
    publicKey: values.string("sshPublicKey"),
    privateKeyPath: values.string("sshPrivateKeyPath"),
    agent: values.boolean("sshAgent"),
  };
  const sources = publicKeySources(named, environment, keys);
  const given = sources.find((source) => isMadeWith({ user, publicKey: textOf(source) ?? "" })) ?? sources[0];
  const publicKey = textOf(given);
  if (publicKey === undefined || !publicKeyLine.test(publicKey)) {
    const own = given === `${keys.own}.pub` ? "the key of this checkout, which `npm run env` creates, or " : "";
    problems.add("sshPublicKey", `${own}an ssh public key or the path of a readable one`, given);
  }

  const base = { user, publicKey: publicKey ?? "" };
  const socket = environment.SSH_AUTH_SOCK ?? "";
  if (named.agent) {
    if (!agentAnswers(socket)) problems.add("sshAgent", "a running agent whose socket SSH_AUTH_SOCK names", socket);
    else if (!problems.has("sshPublicKey") && !agentHolds(socket, blobOf(base.publicKey))) {
      problems.add("sshAgent", "an agent that holds the private key of sshPublicKey (`ssh-add`)", given);
    }
    return { ...base, agentSocketPath: socket };
  }
  // The official plugin (1.2.1) uses the agent even with a private key, and fails when no agent answers.
  if (socket !== "" && !agentAnswers(socket)) {
    problems.add(
      "sshAgent",
      "an agent that answers at SSH_AUTH_SOCK, or no SSH_AUTH_SOCK (`unset SSH_AUTH_SOCK`)",
      socket,
    );
  }
  const path = privateKeyPath(given, named.privateKeyPath);
  const privateKey = publicKeyLine.test(path) ? undefined : read(path);
  if (!privateKey?.includes("PRIVATE KEY-----")) {
    // A path that follows from the wrong path of the public key is wrong because that is.
    const isNamed = named.privateKeyPath !== "" || !problems.has("sshPublicKey") || named.publicKey === "";
    if (isNamed) problems.add("sshPrivateKeyPath", "the path of a readable private key, or sshAgent", path);
  } else if (!problems.has("sshPublicKey")) {
    const expected = privateKeyProblem(privateKey, base.publicKey);
    if (expected !== undefined) problems.add("sshPrivateKeyPath", expected, path);
  }
  const isKept = named.privateKeyPath === "" && given !== sources[0] && given !== `${keys.own}.pub`;
  return { ...base, privateKey: privateKey ?? "", ...(isKept ? { keptKey: given } : {}) };
}

/** Settings of a stack about the operator's key; "" when a setting is missing. */
export interface NamedKeys {
  readonly publicKey: string;
  readonly privateKeyPath: string;
  readonly agent: boolean;
}

/**
 * Lists candidates for the operator's public key, as text or path.
 *
 * The first one is for a new cluster: `sshPublicKey`, else the key of NODEFORGE_SSH_KEY, else the one beside
 * `sshPrivateKeyPath`. Without these, it is a key of ~/.ssh for an agent, else the key of this checkout. Without a setting,
 * more candidates follow, because an earlier release may have chosen one of them.
 */
export function publicKeySources(
  named: NamedKeys,
  environment: SshEnvironment,
  { own, home }: KeyPlaces = keyPlaces,
): readonly [string, ...string[]] {
  if (named.publicKey !== "") return [named.publicKey];
  if (environment.NODEFORGE_SSH_KEY) return [`${environment.NODEFORGE_SSH_KEY}.pub`];
  const ownKey = `${own}.pub`;
  const candidates = homeKeyNames.map((name) => join(home, ".ssh", `${name}.pub`));
  const present = candidates.filter((path) => existsSync(path));
  const byAgent = named.agent ? (present[0] ?? candidates[0]) : undefined;
  const first = named.privateKeyPath === "" ? (byAgent ?? ownKey) : `${named.privateKeyPath}.pub`;
  return [first, ...[...present, ownKey].filter((source) => source !== first)];
}

/** Returns the path of the private key: the setting, else the path beside the public key. */
export function privateKeyPath(publicKeySource: string, setting: string): string {
  return setting || publicKeySource.replace(/\.pub$/, "");
}

/** Replaces a leading `~/` of a path by the home directory. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/)/, homedir());
}

/** Returns the key of a public key's line, in base64. */
function blobOf(line: string): string {
  return line.split(" ")[1] ?? "";
}

/** Returns the text of a public key, given the text or its path; undefined when the file cannot be read. */
function textOf(source: string): string | undefined {
  return publicKeyLine.test(source) ? source : read(source)?.trim();
}

function read(path: string): string | undefined {
  try {
    return readFileSync(expandHome(path), "utf8");
  } catch {
    return undefined;
  }
}
