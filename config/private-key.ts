import sshpk from "sshpk";

/** Longest text of a private key in characters. One of RSA with 16384 bits has half of them. The parser is quadratic. */
const longest = 2 ** 15;

const unknownFormat = "a private key in the format of OpenSSH, PKCS #1 or PKCS #8, or sshAgent";

/**
 * Describes the private key that is expected instead of this one; undefined when this one can log in to the nodes.
 *
 * Remote steps type no passphrase and touch no security key, and nodes accept one public key only. Without this check, each of
 * these three faults would show after every machine has booted. The answer contains no part of the key.
 * @param text Text of the private key.
 * @param publicKey Line of authorized_keys on the nodes.
 */
export function privateKeyProblem(text: string, publicKey: string): string | undefined {
  if (text.length > longest) return unknownFormat;
  if (isSecurityKey(text, publicKey)) return "a key that needs no security key, or sshAgent";
  let own: string;
  try {
    own = sshpk.parsePrivateKey(text, "auto").toPublic().toString("ssh");
  } catch (error) {
    return (error as Error).name === "KeyEncryptedError" ? "a key without a passphrase, or sshAgent" : unknownFormat;
  }
  return blobOf(own) === blobOf(publicKey) ? undefined : "the private key of sshPublicKey";
}

/** The file of a FIDO key has no private key, only the data that the device needs (OpenSSH's PROTOCOL.u2f). */
function isSecurityKey(text: string, publicKey: string): boolean {
  const body = text.replace(/-----[^-]*-----|\s/g, "");
  return publicKey.startsWith("sk-") || /\0\0\0.sk-(ssh|ecdsa)-/s.test(Buffer.from(body, "base64").toString("latin1"));
}

/** Returns a public key in base64, without its type and comment. */
function blobOf(line: string): string {
  return line.split(" ")[1] ?? "";
}
