import { redact } from "./redact.ts";

const none = "<p>None.</p>";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Returns a value as text of a page: redacted, then escaped for an element or a quoted attribute. */
export function escaped(value: unknown): string {
  const plain = typeof value === "string" ? value : JSON.stringify(value);
  return redact(plain).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/**
 * Returns a table of texts, or `<p>None.</p>` without rows.
 * @param left Number of columns that are aligned to the left. The others have the class `number`. @default all
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left = head.length): string {
  if (rows.length === 0) return none;
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell, index) => `<${tag}${index < left ? "" : ' class="number"'}>${escaped(cell)}</${tag}>`).join("")}</tr>\n`;
  return `<table>\n${line("th", head)}${rows.map((row) => line("td", row)).join("")}</table>`;
}

/** Returns a table with a name and a value in each row, or `<p>None.</p>`. An absent value is "unknown". */
export function pairs(record: object): string {
  const rows = Object.entries(record).map(
    ([key, value]) => `<tr><th>${escaped(key)}</th><td>${escaped(value ?? "unknown")}</td></tr>\n`,
  );
  return rows.length === 0 ? none : `<table>\n${rows.join("")}</table>`;
}

/** Returns a list of texts, or `<p>None.</p>`. */
export function list(lines: readonly string[]): string {
  return lines.length === 0 ? none : `<ul>\n${lines.map((line) => `<li>${escaped(line)}</li>\n`).join("")}</ul>`;
}
