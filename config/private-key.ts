import sshpk from "sshpk";

/**
 * Why a private key cannot open the nodes, as what was wanted instead; undefined when it can.
 *
 * Remote steps type no passphrase and touch no security key, and nodes know one public key only. All three would show when
 * every machine has booted. Nothing of the key is part of the answer.
 * @param text Text of the private key.
 * @param publicKey The line that nodes get as authorized_keys.
 */
export function privateKeyProblem(text: string, publicKey: string): string | undefined {
  if (isSecurityKey(text, publicKey)) return "a key that is no stub of a security key, or sshAgent";
  let own: string;
  try {
    own = sshpk.parsePrivateKey(text, "auto").toPublic().toString("ssh");
  } catch (error) {
    return (error as Error).name === "KeyEncryptedError"
      ? "a key without a passphrase, or sshAgent"
      : "a private key in OpenSSH's, PKCS #1's or PKCS #8's form, or sshAgent";
  }
  return blobOf(own) === blobOf(publicKey) ? undefined : "the private key of sshPublicKey";
}

/** A FIDO key's file holds no key, only what the device needs (OpenSSH's PROTOCOL.u2f). */
function isSecurityKey(text: string, publicKey: string): boolean {
  const body = text.replace(/-----[^-]*-----|\s/g, "");
  return publicKey.startsWith("sk-") || /\0\0\0.sk-(ssh|ecdsa)-/s.test(Buffer.from(body, "base64").toString("latin1"));
}

/** A public key as ssh sends it, without its type and comment. */
function blobOf(line: string): string {
  return line.split(" ")[1] ?? "";
}
