import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { sha256, sha256Of, shortDigest } from "../../lib/digest.ts";
import { test } from "../support/folder.ts";

// The first example of FIPS 180-2.
const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

test("texts, bytes and files of the same content have the same digest", async ({ folder }) => {
  writeFileSync(join(folder, "file"), "abc");
  expect(sha256("abc")).toBe(digest);
  expect(sha256(Buffer.from("abc"))).toBe(digest);
  expect(await sha256Of(join(folder, "file"))).toBe(digest);
  expect(shortDigest(digest)).toBe("ba7816bf8f01");
});
