import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { test } from "./folder.ts";
import { commentsOf, proseCommand, vale } from "./prose.ts";

describe("comments", () => {
  test("are the only text left of a file, on their own lines", () => {
    const source = [
      "#!/usr/bin/env bash",
      "/**",
      " * Returns a name.",
      " * @throws when there is none.",
      " */",
      'const name = "a // b";',
      "  // Names are short.",
      "/* One line. */",
      "# A comment of a script.",
    ];
    expect(commentsOf(source.join("\n")).split("\n")).toEqual([
      "",
      "",
      "Returns a name.",
      "- throws when there is none.",
      "",
      "",
      "Names are short.",
      "One line.",
      "A comment of a script.",
    ]);
  });

  test("end with their block", () => {
    expect(commentsOf("/** A name. */\nconst a = 1;\n").trimEnd()).toBe("A name.");
  });
});

describe("the rules of prose", () => {
  let linter: string;
  beforeAll(async () => {
    linter = await vale();
  }, 600_000);

  /** Names of the rules that a file breaks. */
  async function rulesBrokenBy(folder: string, file: string, text: string): Promise<readonly string[]> {
    const path = join(folder, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    const args = ["--config", inCheckout(".vale.ini"), "--output=JSON", path];
    const { stdout } = await execa(linter, args, { reject: false });
    const found = JSON.parse(stdout) as Readonly<Record<string, readonly { readonly Check: string }[]>>;
    return Object.values(found).flatMap((findings) => findings.map(({ Check }) => Check.replace("Nodeforge.", "")));
  }

  test("judge the changelog, and neither generated text nor the rules", async ({ folder }) => {
    const files = ["CHANGELOG.md", "README.md", "LICENSE", "package-lock.json", "sdks/libvirt/index.ts", ".vale.ini"];
    expect((await proseCommand(files, folder)).slice(1)).toEqual(["--output=line", "CHANGELOG.md", "README.md"]);
  });

  const twentySix = `${"Each word of this sentence counts as one of its words here. ".split(" ").slice(0, 11).join(" ")}${" again".repeat(15)}.`;

  test.for([
    ["a metaphor in a document", "README.md", "The node makes way for another.", ["Words"]],
    ["a metaphor in a message", "a.ts", 'throw new Error("nobody mends it");', ["Words", "Words"]],
    ["a metaphor in a name of a test", "a.test.ts", 'it("is made anew", run);', ["Words"]],
    ["a metaphor in a script", "a.sh", "echo 'the node shall go'", ["Words"]],
    ["a metaphor in Nix", "a.nix", "# Its leftovers", ["Words"]],
    ["a metaphor in the settings", "Pulumi.yaml", "description: whoever asks", ["Words"]],
    ["a hidden subject", "a.ts", "// It starts by itself.", ["Phrases"]],
    ["a docstring that opens with a clause", "a.ts", "/** What a node is called. */", ["Openings"]],
    ["a comment that opens with a clause", "a.sh", "# What a node is called.", ["Openings"]],
    ["a sentence of 26 words", "a.md", twentySix, ["Sentences"]],
  ] as const)("refuse %s", async ([, file, text, rules], { folder }) => {
    expect(await rulesBrokenBy(folder, file, text)).toEqual(rules);
  });

  test.for([
    ["the field's words", "a.ts", "// Replaces, drains and recreates a node; recovers orphans."],
    ["a longer word that contains a forbidden one", "a.md", "Amendments and recommendations are shallow."],
    ["a heading that asks", "a.md", "# What is a node?\n"],
    ["a sentence of 25 words", "a.md", twentySix.replace(" again", "")],
    ["a long line of code", "a.ts", `const text = "${"word ".repeat(40)}";`],
  ] as const)("accept %s", async ([, file, text], { folder }) => {
    expect(await rulesBrokenBy(folder, file, text)).toEqual([]);
  });
});
