import { execa } from "execa";
import { expect, test } from "vitest";
import { commands } from "../../cli/commands/all.ts";
import { checkout } from "../../lib/checkout.ts";

/** Runs the command line as npm does, but with the Node of the tests. */
async function run(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["cli/main.ts", ...args], {
    cwd: checkout,
    reject: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}

test.each([
  [[], ""],
  [["upp"], "error: unknown command 'upp'\n(Did you mean up?)\n"],
])("the arguments %j have exit code 2 and print every command", async (args, reason) => {
  const { exitCode, stdout, stderr } = await run(...args);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(reason);
  for (const [name, { summary }] of Object.entries(commands)) {
    expect(stderr.replace(/\s+/g, " ")).toContain(` ${name} ${summary}`);
  }
});

test("the help of a command goes to the standard output", async () => {
  const { exitCode, stdout, stderr } = await run("runs", "--help");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Usage: npm run runs -- ");
});

test("an unknown option has exit code 1 and a near guess", async () => {
  expect(await run("roll", "--imge", "x")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      "[nodeforge] npm run roll: unknown option '--imge'\n(Did you mean --image?)\n" +
      "Fix: `npm run roll -- --help` shows the usage",
  });
});
