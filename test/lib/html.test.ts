import { describe, expect, test } from "vitest";
import { escaped, list, pairs, table } from "../../lib/html.ts";

describe("a text of a page", () => {
  test("is escaped for an element and for a quoted attribute", () => {
    expect(escaped(`<a b="c" d='e'>&`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    expect(escaped("plain text")).toBe("plain text");
  });

  test("is JSON where the value is no text", () => {
    expect([escaped(60), escaped(null), escaped(["<"])]).toEqual(["60", "null", "[&quot;&lt;&quot;]"]);
  });

  test("has no secrets", () => {
    expect(escaped("token abcdef.0123456789abcdef")).toBe("token [redacted]");
  });
});

describe("a table", () => {
  test("has a row for the head and for each row", () => {
    expect(table(["a", "b"], [["1", "<2>"]])).toBe(
      "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td>&lt;2&gt;</td></tr>\n</table>",
    );
  });

  test("aligns the columns after the left ones to the right, with their heads", () => {
    const text = table(["a", "b", "c"], [["1", "2", "3"]], 1);
    expect(text.match(/class="number"/g)).toHaveLength(4);
    expect(text).toContain('<tr><td>1</td><td class="number">2</td><td class="number">3</td></tr>');
  });

  test("of pairs has a row for each, and calls an absent value unknown", () => {
    expect(pairs({ "a>": 1, b: null, c: undefined })).toBe(
      "<table>\n<tr><th>a&gt;</th><td>1</td></tr>\n<tr><th>b</th><td>unknown</td></tr>\n" +
        "<tr><th>c</th><td>unknown</td></tr>\n</table>",
    );
  });
});

test("a list has an item for each text", () => {
  expect(list(["a", "b & c"])).toBe("<ul>\n<li>a</li>\n<li>b &amp; c</li>\n</ul>");
});

test("a table or a list without content is the word None", () => {
  expect([table(["a"], []), pairs({}), list([])]).toEqual(Array(3).fill("<p>None.</p>"));
});
