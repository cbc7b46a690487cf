import { createHash } from "node:crypto";

/** Bytes of the SHA-256 that etcd appends to its snapshot. */
const digestSize = 32;

/** A page of the database, of which a whole number is before the digest. */
const pageSize = 512;

/**
 * Passes an etcd snapshot on, and checks at its end the SHA-256 that etcd (3.6, server/etcdserver/api/v3rpc/maintenance.go)
 * appends to it.
 * @throws when the snapshot is empty, incomplete or damaged.
 */
export async function* checkedSnapshot(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash("sha256");
  let tail = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    const all = Buffer.concat([tail, chunk]);
    const end = Math.max(0, all.length - digestSize);
    hash.update(all.subarray(0, end));
    tail = Buffer.from(all.subarray(end));
    yield chunk;
  }
  const isWhole = size > digestSize && size % pageSize === digestSize;
  if (!isWhole || !hash.digest().equals(tail)) {
    throw new Error(
      `the snapshot of etcd is ${isWhole ? "damaged: its SHA-256 differs" : `incomplete: it has ${size} bytes`}. ` +
        "Fix: take another backup, or use another one",
    );
  }
}
