import { createHash } from "node:crypto";

/** Returns all bytes of a stream. */
export async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Returns a stream of bytes in some chunks. */
export async function* streamOf(bytes: Buffer, parts: number): AsyncGenerator<Buffer, void, undefined> {
  const size = Math.max(1, Math.ceil(bytes.length / parts));
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** Returns lines as a stream. */
export async function* linesOf(...lines: readonly string[]): AsyncGenerator<string, void, undefined> {
  for (const line of lines) yield await Promise.resolve(line);
}

/** Returns a snapshot as etcd makes it: a database of whole pages, and its SHA-256. */
export function snapshotOf(pages: number): Buffer {
  const database = Buffer.alloc(pages * 512, "etcd object ");
  return Buffer.concat([database, createHash("sha256").update(database).digest()]);
}
