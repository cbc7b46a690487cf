import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readDeclaration } from "../../image/declaration.ts";
import { manifestPlace } from "../../image/manifest.ts";
import { qcow2 } from "../support/qcow2.ts";
import { testKey } from "../support/ssh-key.ts";

const { publicKey, privateKey, body } = testKey(2);

/** Content of the tests' private key, which must appear nowhere. */
export const keyBody = body;

/**
 * Writes a file that is accepted as a node image, with a manifest, and returns its path. Its hash follows from `content`.
 * @param changed Wrong fields of the manifest.
 */
export async function writeImage(folder: string, file: string, content: string, changed: object = {}): Promise<string> {
  const path = join(folder, file);
  const image = Buffer.concat([qcow2(), Buffer.from(content)]);
  const sha256 = createHash("sha256").update(image).digest("hex");
  await writeFile(path, image);
  await writeFile(manifestPlace(path), JSON.stringify({ contract: readDeclaration().contract, sha256, ...changed }));
  return path;
}

/** Writes an unused ssh key pair, the same one under each name, and returns the path of the private key. */
export async function writeKey(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  await writeFile(`${path}.pub`, `${publicKey}\n`);
  await writeFile(path, privateKey);
  return path;
}
