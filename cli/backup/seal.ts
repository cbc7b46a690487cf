import { createCipheriv, createDecipheriv } from "node:crypto";

/** Bytes of a piece before its encryption. */
const pieceSize = 2 ** 20;

const tagSize = 16;

/** Bytes of a data key. */
export const keySize = 32;

/**
 * Encrypts bytes with AES-256-GCM, in pieces of 1 MiB. Each piece is its tag and its content.
 *
 * The nonce is the number of the piece and whether it is the last one (the STREAM construction, Hoang et al. 2015), so a piece
 * that is moved, removed or added is found. A key must encrypt one stream only.
 * @param associated Bytes that are not encrypted, and that no other stream may have.
 */
export async function* seal(
  key: Buffer,
  associated: Buffer,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const { bytes, number, isLast } of pieces(content, pieceSize)) {
    const cipher = createCipheriv("aes-256-gcm", key, nonce(number, isLast)).setAAD(associated);
    const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
    yield Buffer.concat([cipher.getAuthTag(), body]);
  }
}

/**
 * Decrypts what {@link seal} encrypted. No byte of a piece is returned before the piece is proved.
 * @throws when the key is another one, or a byte of the stream or of `associated` has changed.
 */
export async function* open(
  key: Buffer,
  associated: Buffer,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const { bytes, number, isLast } of pieces(content, pieceSize + tagSize)) {
    if (bytes.length < tagSize) throw damaged();
    const cipher = createDecipheriv("aes-256-gcm", key, nonce(number, isLast)).setAAD(associated);
    cipher.setAuthTag(bytes.subarray(0, tagSize));
    const body = cipher.update(bytes.subarray(tagSize));
    try {
      cipher.final();
    } catch {
      throw damaged();
    }
    yield body;
  }
}

function damaged(): Error {
  return new Error("the backup cannot be decrypted: it is damaged or has another key. Fix: use another backup");
}

interface Piece {
  readonly bytes: Buffer;
  readonly number: number;
  readonly isLast: boolean;
}

/** Cuts a stream into pieces of a size. The last one is shorter, or empty where the stream is empty. */
async function* pieces(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<Piece, void, undefined> {
  let waiting: Buffer[] = [];
  let length = 0;
  let number = 0;
  for await (const chunk of content) {
    waiting.push(chunk);
    length += chunk.length;
    if (length <= size) continue;
    let bytes = Buffer.concat(waiting);
    // A full piece waits until more bytes follow, because it may be the last one.
    for (; bytes.length > size; bytes = bytes.subarray(size)) {
      yield { bytes: bytes.subarray(0, size), number: number++, isLast: false };
    }
    waiting = [bytes];
    length = bytes.length;
  }
  yield { bytes: Buffer.concat(waiting), number, isLast: true };
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(number, 7);
  bytes.writeUInt8(isLast ? 1 : 0, 11);
  return bytes;
}
