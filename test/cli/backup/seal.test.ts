import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { open, seal } from "../../../cli/backup/seal.ts";
import { bytesOf, streamOf } from "./streams.ts";

const key = Buffer.alloc(32, 7);
const head = Buffer.from("header");
const mebibyte = 2 ** 20;
const piece = mebibyte + 16;
const sealed = (content: Buffer, parts = 3) => bytesOf(seal(key, head, streamOf(content, parts)));
const opened = (bytes: Buffer, with_ = key, associated = head) => bytesOf(open(with_, associated, streamOf(bytes, 5)));
const refusal = "the backup cannot be decrypted: it is damaged or has another key. Fix: use another backup";

describe("a sealed stream", () => {
  it.each([0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte])(
    "of %i bytes opens to the same bytes",
    async (size) => {
      const content = randomBytes(size);
      const bytes = await sealed(content);
      expect(bytes.length).toBe(size + 16 * Math.max(1, Math.ceil(size / mebibyte)));
      expect((await opened(bytes)).equals(content)).toBe(true);
    },
  );

  it("does not show its content, and does not depend on the size of the chunks", async () => {
    const content = Buffer.alloc(2 * mebibyte, "secret");
    const bytes = await sealed(content);
    expect(bytes.includes("secret")).toBe(false);
    expect(bytes.equals(await sealed(content, 700))).toBe(true);
  });

  it.each<readonly [string, (bytes: Buffer) => Buffer]>([
    [
      "changed",
      (bytes) => Buffer.concat([bytes.subarray(0, 100), Buffer.from([(bytes[100] ?? 0) ^ 1]), bytes.subarray(101)]),
    ],
    ["cut between two pieces", (bytes) => bytes.subarray(0, piece)],
    ["cut within a piece", (bytes) => bytes.subarray(0, piece + 20)],
    ["cut to nothing", () => Buffer.alloc(0)],
    ["continued", (bytes) => Buffer.concat([bytes, Buffer.from("x")])],
    [
      "in another order",
      (bytes) => Buffer.concat([bytes.subarray(piece, 2 * piece), bytes.subarray(0, piece), bytes.subarray(2 * piece)]),
    ],
  ])("that is %s is refused", async (_, change) => {
    const bytes = await sealed(randomBytes(2 * mebibyte + 5));
    await expect(opened(change(bytes))).rejects.toThrow(refusal);
  });

  it("is refused with another key and with another header", async () => {
    const bytes = await sealed(Buffer.from("content"));
    await expect(opened(bytes, Buffer.alloc(32, 8))).rejects.toThrow(refusal);
    await expect(opened(bytes, key, Buffer.from("other"))).rejects.toThrow(refusal);
  });
});
