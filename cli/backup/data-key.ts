import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { checkout, inCheckout } from "../../lib/checkout.ts";
import { readOptional } from "../../lib/files.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { run } from "../../lib/process.ts";
import type { Session } from "../stack/session.ts";
import { stackBaseName } from "../stack/settings.ts";
import { keySize } from "./seal.ts";

/** The part of a session that reaches the secrets provider of its stack. */
export type KeySession = Pick<Session, "stack" | "configFile" | "variables">;

/** Keys of a settings file in which Pulumi (3.250) describes the secrets provider. */
const provider = ["secretsprovider", "encryptedkey", "encryptionsalt"];

/** Name of the setting with the data key. */
const setting = "backupKey";

/**
 * Makes a data key, and encrypts it with the secrets provider of a stack: a passphrase, a cloud's key service or Pulumi's own.
 *
 * Pulumi encrypts only values of settings files, so the key becomes a setting of a temporary file. Its text also names the
 * provider, so the key can be decrypted after the stack's state is lost.
 * @returns the key, and the text of that file.
 */
export async function newDataKey(session: KeySession): Promise<{ readonly key: Buffer; readonly sealed: string }> {
  const key = randomBytes(keySize);
  const sealed = await withSettings(session, ownProvider(session), async (path) => {
    // On standard input, because other users see the arguments of a process.
    await pulumi(session, ["config", "set", setting, "--secret", "--config-file", path], key.toString("base64"));
    return readFile(path, "utf8");
  });
  if (!/\bsecure\b/.test(sealed)) throw new Error("Pulumi did not encrypt the key of the backup. Fix: report this");
  return { key, sealed };
}

/** Decrypts a data key. @throws when the provider refuses, e.g. because the passphrase is another one. */
export async function openDataKey(session: KeySession, sealed: string): Promise<Buffer> {
  const text = await withSettings(session, sealed, (path) =>
    pulumi(session, ["config", "get", setting, "--config-file", path]),
  ).catch((error: unknown) => {
    const reason = (error as Error).message.trim().split("\n").at(-1);
    throw new Error(
      `the backup's key cannot be decrypted by the secrets provider of stack ${session.stack}: ${reason}. ` +
        "Fix: use the passphrase or the key service with which the backup was made",
    );
  });
  const key = Buffer.from(text.trim(), "base64");
  if (key.length !== keySize) throw new Error(`the backup's key has ${key.length} bytes, expected ${keySize}`);
  return key;
}

/** Description of the secrets provider in the stack's file; "" where Pulumi finds it in the state. */
function ownProvider({ stack, configFile = inCheckout(`Pulumi.${stackBaseName(stack)}.yaml`) }: KeySession): string {
  const file = (parse(readOptional(configFile)) ?? {}) as Readonly<Record<string, unknown>>;
  const found = Object.entries(file).filter(([key]) => provider.includes(key));
  return found.length === 0 ? "" : stringify(Object.fromEntries(found));
}

async function withSettings<T>({ stack }: KeySession, text: string, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-key-"));
  try {
    const path = join(folder, `Pulumi.${stackBaseName(stack)}.yaml`);
    await writeOwn(path, text);
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function pulumi({ stack, variables }: KeySession, args: readonly string[], input = ""): Promise<string> {
  const options = { cwd: checkout, env: variables, input, timeout: 120_000 };
  return run("pulumi", [...args, "--stack", stack, "--non-interactive"], options);
}
