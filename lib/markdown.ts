/**
 * Escapes text that a Markdown document shows unchanged. A backslash before each character of markup turns it into text. A
 * name or a line of a log can then add no links, images and HTML, and break no table.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replaceAll(/\s*\n\s*/g, " ")
      .replaceAll(/[\\`*_[\]<>|#~&!]/g, "\\$&")
      // Without markup, GitHub turns addresses into links.
      .replaceAll(/:(?=\/\/)/g, "\\:")
      .replaceAll(/\b(www)\./gi, "$1\\.")
      .replaceAll("@", "\\@")
      // A list or a heading's underline at the start of a line.
      .replace(/^(\s*)([-+=])/, "$1\\$2")
      .replace(/^(\s*\d+)([.)])/, "$1\\$2")
  );
}
