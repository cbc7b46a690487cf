import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { refuseWrongOptions } from "../../cli/pulumi-options.ts";
import { test } from "../support/folder.ts";

/** Makes a CLI that records its arguments, and then runs a script. */
async function cliIn(folder: string, script: string): Promise<string> {
  const path = join(folder, "pulumi");
  await writeFile(path, `#!/bin/sh\necho "$*" >>${folder}/calls\n${script}\n`, { mode: 0o755 });
  return path;
}

const callsIn = (folder: string) => readFile(join(folder, "calls"), "utf8").catch(() => "");

describe("the options of Pulumi", () => {
  test("are refused with Pulumi's reason and the commands that show them", async ({ folder }) => {
    const cli = await cliIn(folder, "echo 'error: unknown flag: --hepl' >&2; exit 1");
    await expect(refuseWrongOptions(cli, ["up", "--hepl"])).rejects.toThrow(
      "npm run up: pulumi up refuses an option: unknown flag: --hepl\n" +
        "Fix: `npm run up -- --help` and `npm run pulumi -- up --help` show the options",
    );
  });

  test("are checked by a request for help, which runs nothing", async ({ folder }) => {
    const cli = await cliIn(folder, "exit 0");
    await refuseWrongOptions(cli, ["up", "--yes", "--target", "**a**"]);
    expect(await callsIn(folder)).toBe("up --help --yes --target **a**\n");
  });

  test.for([[["up"]], [["up", "name"]], [["up", "--yes", "--help=false"]], [["up", "-h"]]] as const)(
    "are not checked in %j",
    async ([args], { folder }) => {
      const cli = await cliIn(folder, "echo 'error: wrong' >&2; exit 1");
      await refuseWrongOptions(cli, args);
      expect(await callsIn(folder)).toBe("");
    },
  );

  test("are not refused if the CLI fails without a reason", async ({ folder }) => {
    await refuseWrongOptions(await cliIn(folder, "exit 1"), ["up", "--yes"]);
    expect(await callsIn(folder)).toBe("up --help --yes\n");
  });
});
