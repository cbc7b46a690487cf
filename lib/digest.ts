import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Number of hexadecimal digits by which names, labels and descriptions tell SHA-256 digests apart. */
export const shortDigits = 12;

/** First {@link shortDigits} digits of a SHA-256 in hexadecimal. */
export function shortDigest(digest: string): string {
  return digest.slice(0, shortDigits);
}

/** SHA-256 of a text or of bytes, in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a file, in hexadecimal. It is read in pieces, because a node image is larger than a Buffer can be. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
