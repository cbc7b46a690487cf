import { createPrivateKey, createPublicKey } from "node:crypto";

/** An ssh key pair that no machine accepts. It is the same in each run. */
export interface TestKey {
  /** Text of the private key, PKCS #8. */
  readonly privateKey: string;
  /** Body of the private key, which no output may contain. */
  readonly body: string;
  /** One line as in authorized_keys. */
  readonly publicKey: string;
}

/** Makes a key pair. @param seed Any byte; each gives another pair. */
export function testKey(seed: number): TestKey {
  // The fixed part of an Ed25519 key in PKCS #8 (RFC 8410), then its 32 bytes.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const point = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const parts = [Buffer.from("ssh-ed25519"), point].flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  const body = der.toString("base64");
  return {
    privateKey: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    body,
    publicKey: `ssh-ed25519 ${Buffer.concat(parts).toString("base64")} operator`,
  };
}
