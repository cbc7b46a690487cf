import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { commands } from "../../../cli/commands/all.ts";
import { defineCommand, type Declaration } from "../../../cli/commands/command.ts";
import {
  choiceOf,
  olderThanOption,
  stackOption,
  stackOptions,
  type StackOptions,
} from "../../../cli/commands/options.ts";
import { inCheckout } from "../../../lib/checkout.ts";

let printed: string;
beforeEach(() => {
  printed = "";
  vi.stubEnv("PULUMI_STACK", "");
  vi.spyOn(process.stdout, "write").mockImplementation((text) => (printed += String(text)) !== "");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs a command that has a declaration such as these; returns the options and arguments that reach its work. */
async function parsed(declaration: Omit<Declaration<StackOptions>, "run" | "purpose" | "examples">, args: string[]) {
  const run = vi.fn(() => Promise.resolve(7));
  const command = defineCommand<StackOptions>({ purpose: "Tests.", examples: {}, ...declaration, run });
  expect(await command(args)).toBe(7);
  const [[options, rest]] = run.mock.calls as unknown as [[StackOptions, string[]]];
  return { choice: choiceOf(options), rest };
}

describe("a command that passes arguments to Pulumi", () => {
  const up = {
    name: "up",
    options: stackOptions,
    passesTo: { program: "pulumi up", help: "npm run pulumi -- up --help", shares: ["--config-file"] },
  };

  test.each([
    [[], "", "dev", []],
    [["--yes"], "lab", "lab", ["--yes"]],
    [["--stack", "a", "--yes"], "lab", "a", ["--yes"]],
    [["--diff", "--stack=a"], "", "a", ["--diff"]],
    [["-s", "a"], "", "a", []],
    [
      ["--target", "**x", "-y", "-s", "a", "--message", "of two words"],
      "",
      "a",
      ["--target", "**x", "-y", "--message", "of two words"],
    ],
  ])("takes the stack out of %j with PULUMI_STACK=%j", async (args, variable, stack, rest) => {
    vi.stubEnv("PULUMI_STACK", variable);
    expect(await parsed(up, args)).toEqual({ choice: { stack }, rest });
  });

  test.each([[["--config-file", "/lab.yaml"]], [["--config-file=/lab.yaml"]]])(
    "reads the settings file of %j, and passes it on",
    async (args) => {
      const { choice, rest } = await parsed(up, args);
      expect(choice).toEqual({ stack: "dev", configFile: "/lab.yaml" });
      expect(rest).toEqual(["--config-file", "/lab.yaml"]);
    },
  );

  test("passes on everything after `--`", async () => {
    const { choice, rest } = await parsed(up, ["config", "set", "--", "--stack", "b", "-h"]);
    expect([choice.stack, rest]).toEqual(["dev", ["config", "set", "--", "--stack", "b", "-h"]]);
  });

  test.each([
    [["--stack"], "argument missing"],
    [["--stack="], "Expected the name of a stack"],
    [["--stack", "--yes"], "expects a value, got '--yes'"],
  ])("refuses %j, which names no stack", async (args, expected) => {
    await expect(parsed(up, args)).rejects.toThrow(expected);
  });
});

test.each([
  [["--stack", "a", "get", "nodes", "-o", "wide"], "a", ["get", "nodes", "-o", "wide"]],
  [["--stack=a", "get", "--help"], "a", ["get", "--help"]],
  [["-n", "x", "--stack", "b"], "dev", ["-n", "x", "--stack", "b"]],
  [["-s", "https://host", "get", "nodes"], "dev", ["-s", "https://host", "get", "nodes"]],
  [["get", "nodes", "-s", "x"], "dev", ["get", "nodes", "-s", "x"]],
  [
    ["exec", "pod", "--", "program", "--stack", "b", "-s"],
    "dev",
    ["exec", "pod", "--", "program", "--stack", "b", "-s"],
  ],
  [["help"], "dev", ["help"]],
])("kubectl gets the arguments of %j after the stack", async (args, stack, rest) => {
  const kubectl = {
    name: "kubectl",
    options: () => [stackOption("--stack <name>")],
    passesTo: { program: "kubectl", help: "npm run kubectl -- help", keepsHelp: true, keepsOptions: true },
  };
  expect(await parsed(kubectl, args)).toEqual({ choice: { stack }, rest });
});

describe("a command without a program behind it", () => {
  const run = vi.fn(() => Promise.resolve(0));
  const prune = { name: "prune", purpose: "Prunes.", options: () => [olderThanOption("delete")], examples: {}, run };
  const show = { name: "show", purpose: "Shows.", takes: { run: "a name" }, examples: {}, run };
  const runs = defineCommand({ name: "runs", purpose: "Lists.", subcommands: [show, prune], examples: {}, run });
  beforeEach(() => void run.mockClear());

  test.each([
    [["--older-tan", "3"], "unknown option '--older-tan'"],
    [["prune", "--older-tan", "3"], "unknown option '--older-tan'\n(Did you mean --older-than?)"],
    [["shwo"], "unknown command 'shwo', expected show, prune or none"],
    [["show"], "missing required argument 'run'"],
    [["show", "a", "b"], "too many arguments"],
    [["prune", "--older-than"], "argument missing"],
    [["prune", "--older-than", "0"], "Expected a whole number of at least 1"],
    [["prune", "--older-than=1.5"], "Expected a whole number of at least 1"],
    [["prune", "7"], "too many arguments"],
  ])("refuses %j: %s", async (args, expected) => {
    await expect(runs(args)).rejects.toThrow(/^npm run runs: /);
    await expect(runs(args)).rejects.toThrow(expected);
    await expect(runs(args)).rejects.toThrow(/\nFix: `npm run runs -- --help` shows the usage$/);
    expect(run).not.toHaveBeenCalled();
  });

  test.each([
    [["prune"], 30],
    [["prune", "--older-than", "1"], 1],
    [["prune", "--older-than=365"], 365],
  ])("reads the days of %j as %d", async (args, olderThan) => {
    await runs(args);
    expect(run).toHaveBeenCalledExactlyOnceWith({ olderThan }, []);
  });
});

/** Words of every `npm run NAME -- …` in the documentation and workflows, with the file. */
function documented(): readonly { readonly file: string; readonly name: string; readonly words: readonly string[] }[] {
  const files = globSync(["*.md", "Pulumi*.yaml", "docs/**/*.{md,nix,yml,yaml}", ".github/**/*.yml"], {
    cwd: inCheckout(),
  });
  const call = /npm run (?:--silent )?([a-z]+) -- ([^`"#\n)]*)/g;
  return files.flatMap((file) =>
    [...readFileSync(inCheckout(file), "utf8").matchAll(call)]
      .filter(([, name = ""]) => name in commands)
      .map(([, name = "", text = ""]) => ({ file, name, words: text.split(/[\s[\]]+/).filter(Boolean) })),
  );
}

/** Options of Pulumi (3.250) and kubectl that the documentation may name. The programs check their own options. */
const ofPrograms = [
  "--all-namespaces",
  "--color",
  "--diff",
  "--exclude",
  "--expect-no-changes",
  "--json",
  "--non-interactive",
  "--policy-pack",
  "--preview-only",
  "--refresh",
  "--secret",
  "--show-secrets",
  "--skip-preview",
  "--target",
  "--yes",
];

/** Long options of a command, and of its subcommands. */
function optionsOf({ options = () => [], subcommands = [] }: Declaration): readonly string[] {
  return [...options().map(({ long }) => long ?? ""), ...subcommands.flatMap(optionsOf)];
}

describe("the commands", () => {
  test("have one npm script each", () => {
    const { scripts } = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const named = Object.entries(scripts).filter(([, script]) => script.includes("cli/main.ts"));
    expect(named.map(([name]) => name).sort()).toEqual(Object.keys(commands).sort());
    for (const [name, script] of named) expect(script).toBe(`bash tools/with-packages cli/main.ts ${name}`);
  });

  test.each(Object.keys(commands))("print help: %s", async (name) => {
    const { command } = await commands[name]!.load();
    expect(command.declaration.name).toBe(name);
    expect(await command(["--help"])).toBe(0);
    expect(printed).toContain(`Usage: npm run ${name} -- `);
    for (const option of [...(command.declaration.options?.() ?? [])]) expect(printed).toContain(option.flags);
    expect(printed).toContain("-h, --help");
    expect(printed).toContain("\nExamples:\n  ");
    const subcommands = command.declaration.subcommands ?? [];
    for (const { name: word } of subcommands) {
      printed = "";
      expect(await command([word, "--help"])).toBe(0);
      expect(printed).toContain(`Usage: npm run ${name} -- ${word}`);
    }
  });

  test("have every option that the documentation names", async () => {
    const calls = documented();
    // Otherwise the expression finds nothing.
    expect(calls.length).toBeGreaterThan(20);
    for (const { file, name, words } of calls) {
      const { command } = await commands[name]!.load();
      const { passesTo } = command.declaration;
      // Those of kubectl and of a program on a node are not ours.
      if (passesTo?.keepsOptions === true) continue;
      const known = [...optionsOf(command.declaration), ...(passesTo === undefined ? [] : ofPrograms)];
      const unknown = words.filter((word) => word.startsWith("--") && !known.includes(word.split("=")[0] ?? ""));
      expect(unknown, `${file}: npm run ${name} -- ${words.join(" ")}`).toEqual([]);
    }
  });
});
