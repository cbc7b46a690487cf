import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { inCheckout } from "../../../lib/checkout.ts";
import { test } from "../../support/folder.ts";

/** Programs of the script that would change this machine. */
const harmless = ["ip", "mkdir", "cp", "mount"];

/** Starts the script with programs that do nothing, and with its own kubeadm. */
async function start(folder: string, kubeadm: string) {
  const programs = { ...Object.fromEntries(harmless.map((name) => [name, "exit 0"])), kubectl: "exit 0", kubeadm };
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/bash\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  await writeFile(join(folder, "units"), "");
  const child = spawn("bash", [inCheckout("bench", "control-plane", "native.sh")], {
    // Outside of namespaces, its processes end by their group.
    detached: true,
    env: { PATH: [folder, process.env.PATH].join(delimiter), FOLDER: folder, NODE_ADDRESS: "10.99.0.1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // All of them have ended.
    }
  });
  const exitCode = once(child, "exit").then(([code]) => code as number);
  return { child, exitCode };
}

describe("the script of a control plane", () => {
  test("is ready after its start, and ends with its standard input", async ({ folder }) => {
    const { child, exitCode } = await start(folder, "exit 0");
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    expect(line.toString()).toBe("ready\n");
    expect(child.exitCode).toBeNull();
    child.stdin.end();
    expect(await exitCode).toBe(0);
  });

  test("ends with its standard input during its start, too", async ({ folder }) => {
    const { child, exitCode } = await start(folder, `echo began >"$FOLDER/began"; exec sleep 60`);
    await expect.poll(() => readFile(join(folder, "began"), "utf8").catch(() => "")).toBe("began\n");
    child.stdin.end();
    expect(await exitCode).toBe(0);
  });

  test("fails when a step of its start fails", async ({ folder }) => {
    const { exitCode } = await start(folder, "exit 7");
    expect(await exitCode).toBe(7);
  });
});
