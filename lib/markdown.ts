/**
 * Escapes text that a Markdown document shows as it is. A backslash before the characters of markup turns them into text, so
 * that a name or a line of a log can neither add links, images and HTML nor break a table.
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
