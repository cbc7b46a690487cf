import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { readRecord } from "../../../cli/runs/record.ts";
import { prepare, readStored, token, validate } from "./recording.ts";

describe("a run in a process of its own", () => {
  const recorder = join(import.meta.dirname, "recorder.ts");
  const start = (folder: string, ending: string) =>
    execa(process.execPath, [recorder, folder, ending], { reject: false, all: true, timeout: 25_000 });
  const onlyRun = (root: string) => join(root, readdirSync(root)[0] ?? "");

  test("passes output through a pipe while Pulumi runs, and is interrupted when it is killed", async () => {
    const { folder, root } = prepare();
    const recording = start(folder, "wait");
    // Arrives before the end, because the fake waits while its folder exists.
    await printed(recording.stdout, "creating");
    expect(await readRecord(onlyRun(root))).toMatchObject({ outcome: "running" });
    recording.kill("SIGKILL");
    await recording;
    expect(readStored(onlyRun(root))).toMatchObject({ outcome: "running", end: null, exitCode: null });
    expect(validate(readStored(onlyRun(root))), JSON.stringify(validate.errors)).toBe(true);
    expect(await readRecord(onlyRun(root))).toMatchObject({ outcome: "interrupted" });
    expect(existsSync(join(onlyRun(root), "report.html"))).toBe(false);
  });

  test("keeps the terminal, so that Pulumi's question can be answered, and logs it", async () => {
    const { folder, root } = prepare();
    const command = [process.execPath, recorder, folder, "ask"].join(" ");
    const terminal = execa("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
      timeout: 25_000,
      env: { SHELL: "/bin/sh" },
    });
    await printed(terminal.stdout, "perform this update?");
    terminal.stdin.write("yes\r");
    const { exitCode } = await terminal;
    expect(exitCode).toBe(0);
    const log = readFileSync(join(onlyRun(root), "pulumi.log"), "utf8");
    expect(log).toContain("on a terminal\nDo you want to perform this update? yes\nthe answer is yes\n");
    expect(log).not.toContain(token);
    expect(readStored(onlyRun(root))).toMatchObject({ outcome: "succeeded", changes: { created: 20 } });
  });

  test("logs the last state of a display that is redrawn", async () => {
    const { folder, root } = prepare();
    const command = [process.execPath, recorder, folder, "redraw"].join(" ");
    await execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      timeout: 25_000,
      env: { SHELL: "/bin/sh" },
      stdin: "ignore",
    });
    const log = readFileSync(join(onlyRun(root), "pulumi.log"), "utf8");
    expect(log).toContain("\nworker created (2s)\nmaster creating\n");
    expect(log).not.toContain("(1s)");
  });

  test("has the exit code of the program, also on a terminal", async () => {
    const { folder } = prepare();
    const command = [process.execPath, recorder, folder, "fail"].join(" ");
    const { exitCode } = await execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      timeout: 25_000,
      env: { SHELL: "/bin/sh" },
      stdin: "ignore",
      reject: false,
    });
    expect(exitCode).toBe(3);
    expect((await start(folder, "fail")).exitCode).toBe(3);
  });
});

/** Waits until a stream has contained a text. The process has the time limit. */
async function printed(stream: Readable, wanted: string): Promise<void> {
  let text = "";
  await new Promise<void>((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(wanted)) resolve();
    });
    stream.on("end", () => reject(new Error(`ended without ${wanted}: ${text}`)));
  });
}
