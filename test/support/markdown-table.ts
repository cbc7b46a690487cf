/** Returns the cells of the tables under a heading of a page, up to the next heading, a list for each row. */
export function tableUnder(page: string, heading: string): string[][] {
  const [, section = ""] = page.split(`\n${heading}\n`);
  const [text = ""] = section.split(/\n#+ /);
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
