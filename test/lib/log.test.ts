import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { duration, logDaily } from "../../lib/log.ts";
import { test } from "../support/folder.ts";

test("the same line is logged once a day", async ({ folder: root }) => {
  const said: string[] = [];
  const log = (line: string) => said.push(line);
  await logDaily("no network", log, root);
  await logDaily("no network", log, root);
  await logDaily("no plugin", log, root);
  expect(said).toEqual(["no network", "no plugin"]);

  const yesterday = Date.now() / 1000 - 25 * 60 * 60;
  for (const note of readdirSync(join(root, "said"))) utimesSync(join(root, "said", note), yesterday, yesterday);
  await logDaily("no network", log, root);
  expect(said).toHaveLength(3);
});

test("a line that cannot be recorded is logged each time", async ({ folder: root }) => {
  writeFileSync(join(root, "said"), "no folder");
  const said: string[] = [];
  for (let time = 0; time < 2; time++) await logDaily("no network", (line) => said.push(line), root);
  expect(said).toHaveLength(2);
});

test.each([
  [900, "1s"],
  [59_000, "59s"],
  [192_000, "3m12s"],
  [3_720_000, "1h02m"],
])("%i ms are written as %s", (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});
