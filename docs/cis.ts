import { checks } from "../cli/cis/report.ts";

const [begin, end] = ["<!-- npm run docs writes this list from cli/cis/ -->", "<!-- end of the list -->"];

/** Returns docs/security.md with the list of checks between its two marks. @throws when a mark is missing. */
export function withCisList(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/security.md lacks a mark. Fix: write ${begin} and ${end} into it`);
  return `${page.slice(0, from + begin.length)}\n\n${table()}\n\n${page.slice(to)}`;
}

/** The table as the formatter writes it, with cells of one width in a column. */
function table(): string {
  const head = ["CIS", "check", "where", "outcome", "why"];
  const rows = checks.map(({ id, subject, where, expected, why }) => [id, subject, where, expected, why]);
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
