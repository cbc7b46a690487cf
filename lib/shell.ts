/** Quotes a word so that a POSIX shell reads it back unchanged. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
