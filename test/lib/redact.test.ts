import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { item } from "../../cli/diagnose/evidence.ts";
import { longestLine, redact, redactEntry, Redactor } from "../../lib/redact.ts";
import { withoutSecrets, withSecrets } from "./secrets.ts";

/** Redacts a text in pieces of one size. */
function inPieces(text: string, size: number): string {
  const redactor = new Redactor();
  let result = "";
  for (let at = 0; at < text.length; at += size) result += redactor.push(text.slice(at, at + size));
  return result + redactor.end();
}

describe("a text", () => {
  test.each(withSecrets)("loses %s", (_, text, clean) => {
    expect(redact(text)).toBe(clean);
    // A redacted text stays unchanged.
    expect(redact(clean)).toBe(clean);
  });

  test.each(withoutSecrets)("keeps %s", (_, text) => {
    expect(redact(text)).toBe(text);
  });

  test("of this project stays unchanged", () => {
    for (const file of ["Pulumi.yaml", "README.md", "docs/operations.md", "tools/versions.json", "nix/node.toml"]) {
      const text = readFileSync(inCheckout(file), "utf8");
      expect(redact(text), file).toBe(text);
    }
  });
});

describe("a text in pieces", () => {
  // A Redactor gets every text from its beginning, so a key without one cannot occur.
  const whole = withSecrets.filter(([what]) => what !== "one whose beginning was left out");

  test.each(whole)("loses %s", (_, text, clean) => {
    for (const size of [1, 7, 64]) expect(inPieces(text, size)).toBe(clean);
  });

  test.each(withoutSecrets)("keeps %s", (_, text) => {
    for (const size of [1, 7, 64]) expect(inPieces(text, size)).toBe(text);
  });

  test("returns a line as soon as it is complete, and not before", () => {
    const redactor = new Redactor();
    expect(redactor.push("one\nPASS")).toBe("one\n");
    expect(redactor.push("WORD=hunter2")).toBe("");
    expect(redactor.push("\ntwo")).toBe("PASSWORD=[redacted]\n");
    expect(redactor.end()).toBe("two");
    expect(redactor.end()).toBe("");
  });

  test("keeps no more than the longest line, and no half word", () => {
    const word = `word-${"x".repeat(95)} `;
    const clean = inPieces(`${word.repeat(2 * Math.ceil(longestLine / word.length))}\nnext\n`, 65_536);
    expect(clean.length).toBeLessThanOrEqual(longestLine + 100);
    expect(clean.endsWith(`${word.trim()} (the rest of this line was left out)\nnext\n`)).toBe(true);
    expect(inPieces("x".repeat(2 * longestLine), 65_536)).toBe(" (the rest of this line was left out)");
  });
});

describe("an item of a diagnosis", () => {
  test.each(withSecrets)("loses %s", (_, text, clean) => {
    expect(item("kubelet", "master", text, text)).toEqual({
      name: "kubelet",
      node: "master",
      text: clean,
      missing: clean,
    });
  });

  test.each(withoutSecrets)("keeps %s", (_, text) => {
    expect(item("kubelet", undefined, text)).toEqual({ name: "kubelet", text });
  });
});

describe("a document", () => {
  test("loses the values of members named as secrets, and secrets in texts", () => {
    const document = {
      password: "hunter",
      "other:apiToken": "[secret]",
      tokenTtlMinutes: 15,
      secret: "",
      list: ["token=x"],
    };
    expect(JSON.parse(JSON.stringify(document, redactEntry))).toEqual({
      ...document,
      password: "[redacted]",
      list: ["token=[redacted]"],
    });
  });
});

/** Texts for which a quadratic search would take hours. */
const hard: readonly (readonly [string, string])[] = [
  ["keys that never end, a line each", "-----BEGIN PRIVATE KEY-----\n"],
  ["keys that never end, in one line", "-----BEGIN PRIVATE KEY-----x"],
  ["the beginnings of keys in base64", "LS0tLS1CRUdJTi!"],
  ["dots", "a."],
  ["dashes", "-"],
  ["blanks", " "],
  ["quotation marks", '\\"'],
  ["backslashes", "\\"],
  ["pluses", "+"],
  ["beginnings of URLs", "://a:b"],
  ["names of secrets", "token:"],
  ["names with open quotation marks", 'token="'],
  ["options", "--token "],
  ["beginnings of tokens", "eyJ-"],
  ["headers", "bearer "],
];

describe("the time grows linearly with the text", () => {
  // A quadratic search needs hours for this much. The limit is ten times the usual time, for a slow machine.
  test.each(hard)("of %s", { timeout: 120_000 }, (_, unit) => {
    const seconds = [1, 2, 4].map((size) => {
      const line = unit.repeat(longestLine / unit.length).padEnd(longestLine, "x");
      const text = `${line}\n`.repeat((size * 2 ** 20) / longestLine);
      const began = performance.now();
      redact(text);
      return ((performance.now() - began) / 1000).toFixed(2);
    });
    console.log(`1, 2 and 4 MiB of ${JSON.stringify(unit)}: ${seconds.join(", ")} s`);
    expect(seconds).toHaveLength(3);
  });
});
