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
  /** Public key's path in ~/.ssh when nobody named it: an earlier release made the living cluster with it. */
  readonly keptKey?: string;
}

/** What a cluster knows of its operator. */
export type Login = Pick<SshConfig, "user" | "publicKey">;

/** The parts of the environment that ssh settings depend on. */
export type SshEnvironment = Readonly<Partial<Record<"NODEFORGE_SSH_KEY" | "SSH_AUTH_SOCK", string>>>;

/** Where keys lie that nobody named. */
export interface KeyPlaces {
  /** Path of the private key of this checkout. */
  readonly own: string;
  /** The operator's home. */
  readonly home: string;
}

/** Where keys lie on this machine. */
export const keyPlaces: KeyPlaces = { own: join(stateFolder, "ssh", "id_ed25519"), home: homedir() };

/** Names of the private keys in ~/.ssh that are of use where an agent holds them, the first that is there. */
const homeKeyNames = ["id_ed25519", "id_ecdsa", "id_rsa"];

// Debian's base-passwd and the packages of a node make these without a shell; cloud-init does not change a user that exists.
const systemUsers =
  /^(_.*|systemd-.*|nixbld\d*|daemon|bin|sys|sync|games|man|lp|mail|news|uucp|proxy|www-data|backup|list|irc|nobody|sshd|messagebus|polkitd|etcd)$/;

const publicKeyLine = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-\S+) [A-Za-z0-9+/=]+( .*)?$/;

/** What the ssh settings depend on besides the stack's own. */
export interface SshSurroundings {
  readonly environment: SshEnvironment;
  /** @default {@link keyPlaces} */
  readonly keys?: KeyPlaces;
  /** Whether the living cluster was made with a login. @default there is none */
  readonly isMadeWith?: (login: Login) => boolean;
}

/** Reads and checks the operator's ssh key or agent; what is wrong goes to `problems`. Key texts never do. */
export function readSsh(values: Values, problems: Problems, surroundings: SshSurroundings): SshConfig {
  const { environment, keys = keyPlaces, isMadeWith = () => false } = surroundings;
  const user = values.string("sshUser");
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) problems.add("sshUser", "a Unix user name", user);
  else if (systemUsers.test(user))
    problems.add("sshUser", "a user who may log in, unlike one of the system's own", user);

  const named = {
    publicKey: values.string("sshPublicKey"),
    privateKeyPath: values.string("sshPrivateKeyPath"),
    agent: values.boolean("sshAgent"),
  };
  const sources = publicKeySources(named, environment, keys);
  const given = sources.find((source) => isMadeWith({ user, publicKey: textOf(source) ?? "" })) ?? sources[0];
  const publicKey = textOf(given);
  if (publicKey === undefined || !publicKeyLine.test(publicKey)) {
    const own = given === `${keys.own}.pub` ? "the key of this checkout, which `npm run env` makes, or " : "";
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
  // The official plugin (1.2.1) asks it although there is a key, and fails where nobody answers.
  if (socket !== "" && !agentAnswers(socket)) {
    problems.add("sshAgent", "no SSH_AUTH_SOCK where no agent answers (`unset SSH_AUTH_SOCK`)", socket);
  }
  const path = privateKeyPath(given, named.privateKeyPath);
  const privateKey = publicKeyLine.test(path) ? undefined : read(path);
  if (!privateKey?.includes("PRIVATE KEY-----")) {
    problems.add("sshPrivateKeyPath", "the path of a readable private key, or sshAgent", path);
  } else if (!problems.has("sshPublicKey")) {
    const wanted = privateKeyProblem(privateKey, base.publicKey);
    if (wanted !== undefined) problems.add("sshPrivateKeyPath", wanted, path);
  }
  const isKept = named.privateKeyPath === "" && given !== sources[0] && given !== `${keys.own}.pub`;
  return { ...base, privateKey: privateKey ?? "", ...(isKept ? { keptKey: given } : {}) };
}

/** What a stack names of its operator's key; "" where it names nothing. */
export interface NamedKeys {
  readonly publicKey: string;
  readonly privateKeyPath: string;
  readonly agent: boolean;
}

/**
 * The operator's public key or its path. First is the one of a new cluster: what the stack says, else NODEFORGE_SSH_KEY's,
 * else the one beside a named private key, else one of ~/.ssh for an agent, else the one of this checkout. The others follow
 * where nothing says it: a living cluster may be of a release that chose otherwise.
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

/** Path of the private key: what the stack says, else the one beside the public key. */
export function privateKeyPath(publicKeySource: string, setting: string): string {
  return setting || publicKeySource.replace(/\.pub$/, "");
}

/** A path in which a leading `~/` stands for the home directory. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/)/, homedir());
}

/** The part of a public key's line that is the key. */
function blobOf(line: string): string {
  return line.split(" ")[1] ?? "";
}

/** The text of a public key that is named by itself or by its path; undefined when it cannot be read. */
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
