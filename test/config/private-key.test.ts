import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { privateKeyProblem } from "../../config/private-key.ts";
import { problemsOf, publicKey, sshKeyPath } from "../support/settings.ts";
import { testKey } from "../support/ssh-key.ts";
import { sharedFolder } from "../support/folder.ts";

const folder = sharedFolder();

/** Creates a key pair with ssh-keygen. */
async function keyPair(name: string, passphrase: string, ...args: string[]) {
  const path = join(folder, name);
  await execa("ssh-keygen", ["-q", "-N", passphrase, "-f", path, ...args], { timeout: 60_000 });
  return { path, privateKey: readFileSync(path, "utf8"), publicKey: readFileSync(`${path}.pub`, "utf8").trim() };
}

const passphrase = "a key without a passphrase, or sshAgent";

describe("a private key of ssh-keygen", () => {
  it.each([
    ["ed25519", ["-t", "ed25519"]],
    ["ecdsa", ["-t", "ecdsa"]],
    ["rsa", ["-t", "rsa", "-b", "2048"]],
    ["rsa-pem", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["ecdsa-pkcs8", ["-t", "ecdsa", "-m", "PKCS8"]],
  ])("of kind %s is accepted without a passphrase, and refused with one", async (name, args) => {
    const open = await keyPair(name, "", ...args);
    expect(privateKeyProblem(open.privateKey, open.publicKey)).toBeUndefined();
    const locked = await keyPair(`${name}-locked`, "secret", ...args);
    expect(privateKeyProblem(locked.privateKey, locked.publicKey)).toBe(passphrase);
  });

  it("is refused by its path, and the error has no text of the key", async () => {
    const { path, privateKey } = await keyPair("named", "secret", "-t", "ed25519");
    const problems = problemsOf({ sshPublicKey: `${path}.pub` });
    expect(problems).toEqual([{ key: "sshPrivateKeyPath", expected: passphrase, given: JSON.stringify(path) }]);
    expect(JSON.stringify(problems)).not.toContain(privateKey.split("\n")[1]);
  });
});

it("a private key of another pair is refused", () => {
  const problems = problemsOf({ sshPublicKey: testKey(9).publicKey, sshPrivateKeyPath: sshKeyPath });
  expect(problems).toEqual([
    { key: "sshPrivateKeyPath", expected: "the private key of sshPublicKey", given: JSON.stringify(sshKeyPath) },
  ]);
});

it("the file of a security key is refused", () => {
  const stub = Buffer.from("openssh-key-v1\0\0\0\0\u0004none\0\0\0\u001ask-ssh-ed25519@openssh.com", "latin1");
  const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${stub.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
  const expected = "a key that needs no security key, or sshAgent";
  expect(privateKeyProblem(text, publicKey)).toBe(expected);
  expect(privateKeyProblem(testKey(1).privateKey, "sk-ssh-ed25519@openssh.com AAAA operator")).toBe(expected);
});

it("a text that is no key is refused", () => {
  expect(privateKeyProblem("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", publicKey)).toBe(
    "a private key in the format of OpenSSH, PKCS #1 or PKCS #8, or sshAgent",
  );
});
