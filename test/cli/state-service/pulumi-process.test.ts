import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pulumiProcess } from "../../../cli/state-service/pulumi-process.ts";

test("the Pulumi CLI is found below other programs, and this process without one", async () => {
  expect(pulumiProcess()).toBe(process.pid);
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-pulumi-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync("/bin/sleep", join(folder, "pulumi"));
  const shell = spawn("sh", ["-c", `${folder}/pulumi 60 & echo $!; wait`]);
  const [line] = (await once(shell.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  onTestFinished(() => void process.kill(pid));
  await expect.poll(pulumiProcess).toBe(pid);
});
