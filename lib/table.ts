/**
 * Lays rows out as columns for a terminal, each as wide as its widest cell. No line ends in spaces.
 * @param gap Text between two columns. @default three spaces
 */
export function columns(rows: readonly (readonly string[])[], gap = "   "): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join("\n");
}
