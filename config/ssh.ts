import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Problems } from "./problems.ts";
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
}

/** The parts of the environment that ssh settings depend on. */
export type SshEnvironment = Readonly<Partial<Record<"NODEFORGE_SSH_KEY" | "SSH_AUTH_SOCK", string>>>;

/** Names of the private keys in ~/.ssh that are taken when none is named, the first that is there. */
export const defaultKeyNames = ["id_ed25519", "id_ecdsa", "id_rsa"];

const publicKeyLine = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-\S+) [A-Za-z0-9+/=]+( .*)?$/;

/** Reads and checks the operator's ssh key or agent; what is wrong goes to `problems`. Key texts never do. */
export function readSsh(values: Values, problems: Problems, environment: SshEnvironment): SshConfig {
  const user = values.string("sshUser");
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) problems.add("sshUser", "a Unix user name", user);

  const given = publicKeySource(values.string("sshPublicKey"), environment);
  const publicKey = publicKeyLine.test(given) ? given : read(given)?.trim();
  if (publicKey === undefined || !publicKeyLine.test(publicKey)) {
    problems.add("sshPublicKey", "an ssh public key or the path of a readable one", given);
  }

  const base = { user, publicKey: publicKey ?? "" };
  if (values.boolean("sshAgent")) {
    const socket = environment.SSH_AUTH_SOCK ?? "";
    if (!existsSync(socket)) problems.add("sshAgent", "a running agent whose socket SSH_AUTH_SOCK names", socket);
    return { ...base, agentSocketPath: socket };
  }
  const path = privateKeyPath(given, values.string("sshPrivateKeyPath"));
  const privateKey = publicKeyLine.test(path) ? undefined : read(path);
  if (!privateKey?.includes("PRIVATE KEY-----")) {
    problems.add("sshPrivateKeyPath", "the path of a readable private key, or sshAgent", path);
  }
  return { ...base, privateKey: privateKey ?? "" };
}

/** The operator's public key or its path: what the stack says, else NODEFORGE_SSH_KEY's, else one of ~/.ssh. */
export function publicKeySource(setting: string, environment: SshEnvironment): string {
  return setting || defaultPublicKey(environment);
}

/** Path of the private key: what the stack says, else the one beside the public key. */
export function privateKeyPath(publicKeySource: string, setting: string): string {
  return setting || publicKeySource.replace(/\.pub$/, "");
}

/** A path in which a leading `~/` stands for the home directory. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/)/, homedir());
}

function defaultPublicKey(environment: SshEnvironment): string {
  if (environment.NODEFORGE_SSH_KEY) return `${environment.NODEFORGE_SSH_KEY}.pub`;
  const candidates = defaultKeyNames.map((name) => join(homedir(), ".ssh", `${name}.pub`));
  return candidates.find((path) => existsSync(path)) ?? candidates[0] ?? "";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(expandHome(path), "utf8");
  } catch {
    return undefined;
  }
}
