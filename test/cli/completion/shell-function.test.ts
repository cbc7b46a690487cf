import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { candidatesScript } from "../../../cli/completion/candidates-script.ts";
import { commandWords, type Declared } from "../../../cli/completion/command-words.ts";
import { shellFunction, type Shell } from "../../../cli/completion/shell-function.ts";
import { sharedFolder, temporaryFolder } from "../../support/folder.ts";

const stack = () => new Option("-s, --stack <name>", "stack to work on");
const declarations: readonly Declared[] = [
  {
    ...{ name: "graph", purpose: "Draws it." },
    options: () => [
      stack(),
      new Option("--format <format>", 'form, or it\'s a "picture" of $HOME').choices(["mermaid", "svg"]),
      new Option("--out <file>", "a file"),
      new Option("--since <time>", "a time"),
    ],
  },
  { ...{ name: "ssh", purpose: "" }, options: () => [stack()], passesTo: { program: "ssh NODE", keepsOptions: true } },
  {
    ...{ name: "runs", purpose: "" },
    subcommands: [
      { name: "show", purpose: "Shows a run: all.", takes: { run: "" } },
      { name: "prune", purpose: "Deletes.", options: () => [new Option("--older-than <days>", "days")] },
    ],
  },
  { name: "preview:summary", purpose: "" },
];

/** Folder whose name a shell would split and expand. */
let checkout: string;

beforeAll(() => {
  checkout = join(sharedFolder(), "it's a $checkout");
  mkdirSync(join(checkout, "tools"), { recursive: true });
  mkdirSync(join(checkout, "node_modules"));
  for (const name of ["Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.lab.yaml", "node_modules/.package-lock.json"]) {
    writeFileSync(join(checkout, name), "");
  }
  // Prints its folder and its arguments, and names of nodes for the completion.
  writeFileSync(
    join(checkout, "tools", "with-packages"),
    'if [[ $3 == nodes ]]; then printf "%s\\n" master "worker-of-${5-dev}"; else printf "%s|" "$INIT_CWD" "$@"; exit 3; fi\n',
  );
});

function text(shell: Shell, folder = checkout): string {
  const words = commandWords(declarations.map((declaration) => ({ summary: `runs ${declaration.name}`, declaration })));
  return shellFunction(shell, candidatesScript(words, folder), folder);
}

function bash(script: string, cwd = "/") {
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], {
    ...{ cwd, encoding: "utf8" as const },
    env: { PATH: process.env.PATH },
    // With a socket as its input, bash would read the user's start file.
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, stdout, stderr };
}

/** Completes a command line in bash, as readline does. @returns the candidates, and ":files" where bash adds those of files. */
function complete(words: readonly string[], folder = checkout): readonly string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = bash(
    `${text("bash", folder)}
compopt() { [[ $* == "-o default" ]] && printf ':files\\n'; }
COMP_WORDS=(nodeforge ${quoted}); COMP_CWORD=${words.length}
_nodeforge; for one in "\${COMPREPLY[@]}"; do printf '%s\\n' "$one"; done`,
  );
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

describe("the completion in bash", () => {
  test.each([
    [[""], ["graph", "ssh", "runs", "preview:summary"]],
    [["gr"], ["graph"]],
    [["nothing"], []],
    [["-"], ["-h", "--help"]],
    [
      ["graph", "--"],
      ["--stack", "--format", "--out", "--since", "--help"],
    ],
    [["graph", ""], []],
    [
      ["graph", "--format", ""],
      ["mermaid", "svg"],
    ],
    [["graph", "--format", "s"], ["svg"]],
    [
      ["graph", "--format", "="],
      ["mermaid", "svg"],
    ],
    [["graph", "--format", "=", "m"], ["mermaid"]],
    [["graph", "--format=s"], ["--format=svg"]],
    [["graph", "--format", "svg", "--o"], ["--out"]],
    [["graph", "--since", ""], []],
    [["graph", "--out", ""], [":files"]],
    [
      ["graph", "--stack", ""],
      ["dev", "lab"],
    ],
    [["graph", "-s", "l"], ["lab"]],
    [["graph", "--stack=l"], ["--stack=lab"]],
    [
      ["runs", ""],
      ["show", "prune"],
    ],
    [
      ["runs", "prune", "--"],
      ["--older-than", "--help"],
    ],
    [["runs", "show", ""], []],
    [
      ["ssh", ""],
      ["master", "worker-of-dev"],
    ],
    [["ssh", "--stack", "lab", "w"], ["worker-of-lab"]],
    [["ssh", "--stack=lab", "w"], ["worker-of-lab"]],
    [["ssh", "master", ""], [":files"]],
    [["ssh", "master", "--"], [":files"]],
    [["nothing", ""], []],
  ])("of %j is %j", (words, candidates) => {
    expect(complete(words)).toEqual(candidates);
  });

  test("names no node before the packages are installed", () => {
    const bare = join(temporaryFolder(), "bare");
    mkdirSync(bare);
    expect(complete(["ssh", ""], bare)).toEqual([]);
    expect(complete(["graph", "--stack", ""], bare)).toEqual([]);
  });

  test("belongs to nodeforge", () => {
    expect(bash(`${text("bash")}\ncomplete -p nodeforge`).stdout).toBe("complete -F _nodeforge nodeforge\n");
  });
});

describe("the function", () => {
  test("runs the command with its arguments, from the user's folder, and returns its exit code", () => {
    const { stdout, status } = bash(`${text("bash")}\nnodeforge up --stack 'my lab' -- -x`, "/usr");
    expect([stdout, status]).toEqual(["/usr|cli/main.ts|up|--stack|my lab|--|-x|", 3]);
  });

  test("keeps INIT_CWD of the shell as it is", () => {
    expect(bash(`${text("bash")}\nnodeforge up >/dev/null; printf '%s' "\${INIT_CWD-none}"`).stdout).toBe("none");
  });
});

describe("the candidates", () => {
  test("have their meanings for the shells that show them, unchanged by the shell", () => {
    const words = commandWords(declarations.map((declaration) => ({ summary: "", declaration })));
    const { stdout } = spawnSync("bash", ["-c", candidatesScript(words, checkout), "nodeforge", "--f", "graph"], {
      encoding: "utf8",
    });
    expect(stdout.split("\n")).toContain('--format\tform, or it\'s a "picture" of $HOME');
  });

  test("are the same script in each shell, as one quoted word", () => {
    const script = candidatesScript(
      commandWords(declarations.map((declaration) => ({ summary: `runs ${declaration.name}`, declaration }))),
      checkout,
    );
    const posix = `'${script.replaceAll("'", "'\\''")}'`;
    expect(text("bash").split(posix)).toHaveLength(2);
    expect(text("zsh").split(posix)).toHaveLength(2);
    expect(text("fish").split(`'${script.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`)).toHaveLength(2);
  });
});
