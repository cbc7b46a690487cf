import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What the private key of the tests holds; it must turn up nowhere. */
export const keyBody = "bm90aGluZyBhdCBhbGwsIGJ1dCBhIHNlY3JldA==";

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustAnExampleKeyOfTheTests000000000000000000 operator\n";

/** Writes a file that passes for a node image, and returns its path. Its hash follows from `content`. */
export async function writeImage(folder: string, file: string, content: string): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, Buffer.concat([Buffer.from("514649fb00000003", "hex"), Buffer.from(content)]));
  return path;
}

/** Writes an ssh key pair that opens nothing, the same under each name, and returns the path of the private one. */
export async function writeKey(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  await writeFile(`${path}.pub`, publicKey);
  await writeFile(path, `-----BEGIN OPENSSH PRIVATE KEY-----\n${keyBody}\n-----END OPENSSH PRIVATE KEY-----\n`);
  return path;
}
