import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { goTool } from "./go-tool.ts";

/** Generated or foreign text, and the rules themselves, which contain the forbidden words. */
const exempt = /^(sdks\/|\.vale|LICENSE$|package-lock\.json$|test\/support\/prose\.test\.ts$)/;
const code = /\.(ts|sh|nix|go)$/;

/**
 * Returns the command that judges the prose of files: the words of all text, and the sentences of documents and comments.
 * The rules are in `.vale/styles/Nodeforge`; CONTRIBUTING.md has them in words.
 * @param folder Folder for the comments of the files.
 */
export async function proseCommand(files: readonly string[], folder: string): Promise<readonly string[]> {
  const judged = files.filter((file) => !exempt.test(file));
  return [await vale(), "--output=line", ...judged, ...judged.filter((file) => code.test(file)).map(writeComments)];

  function writeComments(file: string): string {
    const path = join(folder, `${file}.md`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, commentsOf(readFileSync(file, "utf8")));
    return path;
  }
}

/** Returns the comments of a source file as Markdown, each on the lines that it has there. */
export function commentsOf(source: string): string {
  let inBlock = false;
  const lines = source.split("\n").map((line) => {
    const block = inBlock || /^\s*\/\*/.test(line);
    if (block) inBlock = !line.includes("*/");
    if (!block && !/^\s*(\/\/|#(?!!))/.test(line)) return "";
    const text = line.replace(/^\s*(\/\*\*?|\*(?!\/)|\/\/|#+)?\s*/, "").replace(/\s*\*\/.*$/, "");
    // A tag begins a sentence of its own, as an item of a list does.
    return text.replace(/^@/, "- ");
  });
  return lines.join("\n");
}

/** Builds the linter of prose, a Go program, and returns its path. */
export async function vale(): Promise<string> {
  return goTool("vale");
}
