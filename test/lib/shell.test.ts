import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { quoted } from "../../lib/shell.ts";

test.each(["plain", "", "two words", "it's", '$HOME `id` \\ "', "a\nb", "-n", "'"])(
  "sh reads the quoted word %j back unchanged",
  (word) => {
    expect(execFileSync("sh", ["-c", `printf '%s|' ${quoted(word)}`], { encoding: "utf8" })).toBe(`${word}|`);
  },
);
