import { expect, test } from "vitest";
import { escapeMarkdown } from "../../lib/markdown.ts";

test.each([
  ["emphasis and code", "a *b* _c_ `d` ~e~", "a \\*b\\* \\_c\\_ \\`d\\` \\~e\\~"],
  ["a link", "[a](b)", "\\[a\\](b)"],
  ["an image", "![a](b)", "\\!\\[a\\](b)"],
  ["HTML", '<img src="x">&lt;', '\\<img src="x"\\>\\&lt;'],
  ["a column of a table", "a | b", "a \\| b"],
  ["a backslash", "a\\|", "a\\\\\\|"],
  ["a heading", "# a", "\\# a"],
  ["a list", "- a", "\\- a"],
  ["a numbered list", "1. a", "1\\. a"],
  ["an address", "see https://a.b and www.a.b or a@b.c", "see https\\://a.b and www\\.a.b or a\\@b.c"],
  ["a second line", "a\n# b", "a \\# b"],
])("%s becomes text", (_, text, escaped) => {
  expect(escapeMarkdown(text)).toBe(escaped);
});

test("text without markup stays unchanged", () => {
  const text = "worker-node-1, kubelet.log: exit code 255 (after 3.5 s)";
  expect(escapeMarkdown(text)).toBe(text);
});
