import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readDeclaration } from "../../toolchain/node-image/declaration.ts";
import { manifestPlace } from "../../toolchain/node-image/manifest.ts";

/** What the private key of the tests holds; it must turn up nowhere. */
export const keyBody = "bm90aGluZyBhdCBhbGwsIGJ1dCBhIHNlY3JldA==";

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustAnExampleKeyOfTheTests000000000000000000 operator\n";

/**
 * Writes a file that passes for a node image, with a manifest, and returns its path. Its hash follows from `content`.
 * @param changed Fields of the manifest that are not as they should be.
 */
export async function writeImage(folder: string, file: string, content: string, changed: object = {}): Promise<string> {
  const path = join(folder, file);
  const image = Buffer.concat([Buffer.from("514649fb00000003", "hex"), Buffer.from(content)]);
  const sha256 = createHash("sha256").update(image).digest("hex");
  await writeFile(path, image);
  await writeFile(manifestPlace(path), JSON.stringify({ contract: readDeclaration().contract, sha256, ...changed }));
  return path;
}

/** Writes an ssh key pair that opens nothing, the same under each name, and returns the path of the private one. */
export async function writeKey(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  await writeFile(`${path}.pub`, publicKey);
  await writeFile(path, `-----BEGIN OPENSSH PRIVATE KEY-----\n${keyBody}\n-----END OPENSSH PRIVATE KEY-----\n`);
  return path;
}
