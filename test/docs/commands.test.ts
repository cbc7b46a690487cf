import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../../bench/engine/arguments.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { commandProblem, fencedCommands, npmCommands, readPages } from "../support/documented-commands.ts";
import { commandEvidence } from "../support/command-evidence.ts";

describe("a command in a page", () => {
  const all = readPages(npmCommands);

  test("is among many", () => {
    expect(all.length).toBeGreaterThan(100);
  });

  test("names a script, subcommands and options that exist", async () => {
    const problems = await Promise.all(
      all.map(async ({ page, command }) => {
        const problem = await commandProblem(command);
        return problem === undefined ? [] : [`${page}: \`${command}\`: ${problem}`];
      }),
    );
    expect(problems.flat()).toEqual([]);
  });

  test.each([
    ["npm run upp", "package.json has no script upp"],
    ["npm run up -- --stak lab", "up has no option --stak"],
    ["npm run roll -- --imag NEW --yes", "roll has no option --imag"],
    ["npm run runs -- shw latest", "runs has no subcommand shw"],
    ["npm run cache -- prune --older 3", "prune has no option --older"],
    ["npm run bench -- repeat latest --set a=1", "repeat has no option --set"],
    ["npm run bench:engine -- --worker 3", "npm run bench:engine has no option --worker"],
    ["npm test -- test/missing.test.ts", "the checkout has no test/missing.test.ts"],
  ])("is refused: %s", async (command, problem) => {
    expect(await commandProblem(command)).toBe(problem);
  });

  test.each([
    "npm run up -- --stack lab --yes",
    "npm run roll -- --image NEW [--sha256 HASH] [--yes]",
    "npm run runs -- show latest",
    "npm run bench -- repeat RUN",
    "npm run refresh -- --target '**'",
    "npm run kubectl -- -n kube-system logs -l k8s-app=kube-dns",
    "npm run --silent image",
    "npm run COMMAND -- --help",
    "npm run bench:engine -- --workers 10,100 --journal off",
    "npm test -- test/topology.test.ts",
  ])("is accepted: %s", async (command) => {
    expect(await commandProblem(command)).toBeUndefined();
  });

  test("is found in backticks, also across a line break, and in blocks without their comments", () => {
    const text =
      'Run `npm run\nup -- --yes` or `eval "$(npm run --silent env)"`.\n\n```sh\nnpm test    # all\n# none\n```\n';
    expect(npmCommands(text)).toEqual(["npm run up -- --yes", "npm run --silent env", "npm test"]);
    const nested = '```sh\nnpm run roll -- --image "$(npm run --silent image)" --yes\n```\n';
    expect(npmCommands(nested)).toEqual(["npm run roll -- --image VALUE --yes", "npm run --silent image"]);
    expect(fencedCommands(text)).toEqual(["npm test"]);
    expect(fencedCommands("```yaml\nnpm: run\n```\n")).toEqual([]);
  });
});

describe("a command in a block", () => {
  const blocks = readPages(fencedCommands);

  test("is run by a test, or has a reason not to be", () => {
    expect(blocks.length).toBeGreaterThan(15);
    const unknown = blocks.filter(({ command }) => !commandEvidence.some(([pattern]) => pattern.test(command)));
    expect(unknown.map(({ page, command }) => `${page}: ${command}`)).toEqual([]);
  });

  const benchmarks = blocks.filter(({ command }) => command.startsWith("npm run bench:engine -- "));

  test.each(benchmarks)("is accepted by the parser of bench:engine: $command", ({ command }) => {
    expect(() => parseArguments(command.split(" ").slice(4))).not.toThrow();
  });

  test.each(commandEvidence)("is still in a page: %s", (pattern) => {
    expect(blocks.some(({ command }) => pattern.test(command))).toBe(true);
  });

  const run = commandEvidence.flatMap(([pattern, evidence]) =>
    "test" in evidence ? [{ command: pattern.source, ...evidence }] : [],
  );

  test.each(run)("is run by an existing test: $command", ({ test: path, title }) => {
    const source = readFileSync(inCheckout(path), "utf8");
    const titles = [...source.matchAll(/\b(?:it|test|describe)\b[^"`\n]*\(["`](.*)["`],/g)].map(([, text]) => text);
    expect(titles.filter((text) => text?.includes(title))).not.toEqual([]);
  });
});
