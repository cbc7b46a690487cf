import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { readChanges } from "../../../cli/runs/changes.ts";
import { RunLog, showsSecrets } from "../../../cli/runs/run-log.ts";
import { keptCharacters } from "../../../cli/runs/screen.ts";
import { test } from "../../support/folder.ts";
import { withoutSecrets, withSecrets } from "../../lib/secrets.ts";

let folder: string;
test.beforeEach(({ folder: own }) => {
  folder = own;
});

const file = () => readFileSync(join(folder, "pulumi.log"), "utf8");

/** Returns the file after a call of Pulumi has printed a text in pieces. */
async function logOf(text: string, size: number): Promise<string> {
  const log = new RunLog(folder);
  const screen = log.begin(["up"]);
  for (let at = 0; at < text.length; at += size) screen.write(text.slice(at, at + size));
  screen.close();
  await log.save();
  return file().replace("$ pulumi up\n", "");
}

describe("pulumi.log", () => {
  const whole = withSecrets.filter(([what]) => what !== "one whose beginning was left out");

  test.each(whole)("loses %s", async (_, text, clean) => {
    expect(await logOf(text, 5)).toBe(clean);
  });

  test.each(withoutSecrets)("keeps %s", async (_, text) => {
    expect(await logOf(text, 5)).toBe(text);
  });

  test("has each line as soon as it is complete, without control sequences", () => {
    const screen = new RunLog(folder).begin(["up"]);
    screen.write("one\r\n\u001b[3");
    expect(file()).toBe("$ pulumi up\none\n");
    screen.write("1mtwo\u001b[0m\u0007\nPASSWORD=hun");
    expect(file()).toBe("$ pulumi up\none\ntwo\n");
    screen.close();
    expect(file()).toBe("$ pulumi up\none\ntwo\nPASSWORD=[redacted]");
    expect(statSync(join(folder, "pulumi.log")).mode & 0o777).toBe(0o600);
  });

  test("has the whole output of a long call, of which only the end and the heading stay in memory", async () => {
    const log = new RunLog(folder);
    const screen = log.begin(["up"]);
    screen.write("Previewing update (lab):\nUpdating (lab):\n");
    const block = `${"x".repeat(99)}\n`.repeat(1000);
    const blocks = Math.ceil((5 * keptCharacters) / block.length);
    for (let count = 0; count < blocks; count++) screen.write(block);
    screen.write("Resources:\n    + 3 created\n");
    screen.close();
    await log.save();
    expect(file().match(/^x{99}$/gm)).toHaveLength(1000 * blocks);
    const kept = await log.text();
    expect(kept.length).toBeLessThanOrEqual(2 * keptCharacters + 200);
    expect(kept.startsWith("Updating (lab):\n(the beginning was left out)\nxxx")).toBe(true);
    expect(readChanges(kept)).toMatchObject({ created: 3 });
  });

  test("has the output of all calls, and only the command of a call that prints secrets", async () => {
    const log = new RunLog(folder);
    for (const args of [["up"], ["up", "--debug"], ["refresh"]]) {
      const screen = log.begin(args);
      screen.write(`said by ${args.join(" ")}\n`);
      screen.close();
    }
    await log.save();
    expect(file()).toBe(
      "$ pulumi up\nsaid by up\n\n$ pulumi up --debug\nNot kept: Pulumi prints secrets with these arguments.\n\n$ pulumi refresh\nsaid by refresh\n",
    );
    expect(await log.text()).toBe("said by up\nsaid by refresh\n");
  });

  test("is not written through a link, which is an error once", async () => {
    const other = join(folder, "precious");
    writeFileSync(other, "precious");
    symlinkSync(other, join(folder, "pulumi.log"));
    const log = new RunLog(folder);
    log.begin(["up"]).write("text\n");
    await expect(log.save()).rejects.toThrow("ELOOP");
    await expect(log.save()).resolves.toBeUndefined();
    expect(readFileSync(other, "utf8")).toBe("precious");
  });
});

describe("an argument", () => {
  test.each(["--debug", "--debug=true", "-d", "-fyd", "--logtostderr", "--show-secrets"])(
    "%s makes Pulumi print secrets",
    (argument) => {
      expect(showsSecrets(argument)).toBe(true);
    },
  );

  test.each(["--diff", "--yes", "-y", "--debug=false", "--dump", "up", "debug"])("%s does not", (argument) => {
    expect(showsSecrets(argument)).toBe(false);
  });
});
