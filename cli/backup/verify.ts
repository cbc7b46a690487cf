import { createHash } from "node:crypto";
import { openDataKey, type KeySession } from "./data-key.ts";
import { readBackup } from "./file.ts";
import { readHeader } from "./folder.ts";
import type { BackupHeader } from "./header.ts";

/** A backup of which every byte was proved. */
export interface VerifiedBackup {
  readonly header: BackupHeader;
  readonly key: Buffer;
  /** Private and public key of the service accounts, in base64. Secret. */
  readonly serviceAccounts: { readonly private: string; readonly public: string };
  /** File with the key that encrypts secrets, in base64; "" where the control plane had none. Secret. */
  readonly secretKeys: string;
  /** Whether every secret is encrypted with that key. */
  readonly isEncrypted: boolean;
  /** Number of files beside the snapshot. */
  readonly files: number;
  /** Bytes of etcd's snapshot. */
  readonly snapshotSize: number;
  /** SHA-256 of the whole snapshot in hexadecimal. */
  readonly snapshotSha256: string;
}

/**
 * Reads a whole backup: its SHA-256, its encryption, and etcd's own digest of the snapshot.
 * @throws naming what is wrong.
 */
export async function verifyBackup(path: string, session: KeySession): Promise<VerifiedBackup> {
  const { header } = await readHeader(path);
  const key = await openDataKey(session, header.key);
  const { files, snapshot } = await readBackup(path, key);
  const find = (name: string) => files.find((file) => file.name === name)?.content;
  const contentOf = (name: string) => {
    const content = find(name);
    if (content === undefined)
      throw new Error(`${path} has no ${name}, which a restore needs. Fix: use another backup`);
    return content;
  };
  const hash = createHash("sha256");
  let snapshotSize = 0;
  for await (const bytes of snapshot) {
    snapshotSize += bytes.length;
    hash.update(bytes);
  }
  return {
    ...{ header, key, files: files.length, snapshotSize, snapshotSha256: hash.digest("hex") },
    serviceAccounts: { private: contentOf("pki/sa.key"), public: contentOf("pki/sa.pub") },
    // guest/lib/encryption.sh names both files.
    secretKeys: find("nodeforge-encryption.json") ?? "",
    isEncrypted: find("nodeforge-encrypted") !== undefined,
  };
}
