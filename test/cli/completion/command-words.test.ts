import { Option } from "commander";
import { describe, expect, test } from "vitest";
import { commands } from "../../../cli/commands/all.ts";
import { commandWords, type Declared } from "../../../cli/completion/command-words.ts";

const of = (declaration: Declared) => commandWords([{ summary: "a summary", declaration }]);

describe("the words of commands", () => {
  test("start with the commands and their summaries", () => {
    expect(of({ name: "one", purpose: "A purpose." })).toEqual([
      {
        path: "",
        subcommands: [{ word: "one", meaning: "a summary" }],
        options: [expect.objectContaining({ value: undefined })],
        ...{ takes: [], passesOn: false },
      },
      { path: "one", subcommands: [], options: [expect.anything()], takes: [], passesOn: false },
    ]);
  });

  test("have each option with the kind of its value, and no hidden one", () => {
    const [, one] = of({
      name: "one",
      purpose: "",
      options: () => [
        new Option("-s, --stack <name>", "a stack"),
        new Option("--format <format>").choices(["a", "b"]),
        new Option("--out <file>"),
        new Option("--since <time>"),
        new Option("--force"),
        new Option("--secret").hideHelp(),
      ],
    });
    expect(one?.options.map(({ words, value }) => [words.map(({ word }) => word).join(" "), value])).toEqual([
      ["-s --stack", "stacks"],
      ["--format", ["a", "b"]],
      ["--out", "files"],
      ["--since", "free"],
      ["--force", undefined],
      ["-h --help", undefined],
    ]);
  });

  test("have the subcommands below, each with the first sentence of its purpose", () => {
    const words = of({
      name: "one",
      purpose: "",
      subcommands: [{ name: "two", purpose: "Shows 1.5 of it. More.", takes: { node: "a node", name: "a name" } }],
    });
    expect(words.map(({ path }) => path)).toEqual(["", "one", "one two"]);
    expect(words[1]?.subcommands).toEqual([{ word: "two", meaning: "Shows 1.5 of it" }]);
    expect(words[2]?.takes).toEqual(["nodes", "free"]);
  });

  test("name nodes for ssh and logs, whose arguments go to another program, and nothing for kubectl", async () => {
    const declared = await Promise.all(
      Object.values(commands).map(async ({ summary, load }) => {
        const { command } = await load();
        return { summary, declaration: command.declaration };
      }),
    );
    const words = commandWords(declared);
    const one = (path: string) => words.find((other) => other.path === path);
    expect(one("")?.subcommands.map(({ word }) => word)).toEqual(Object.keys(commands));
    expect(["ssh", "logs", "console", "kubectl"].map((name) => one(name)?.takes)).toEqual([
      ...[["nodes"], ["nodes"], ["nodes"], []],
    ]);
    expect(words.filter(({ passesOn }) => passesOn).map(({ path }) => path)).toEqual(["kubectl", "ssh"]);
    expect(one("runs prune")?.options.flatMap((option) => option.words.map(({ word }) => word))).toContain(
      "--older-than",
    );
  });
});
