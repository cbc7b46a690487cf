import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { StackHold } from "../../../cli/stack/hold.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { test } from "../../support/folder.ts";

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
});

const holderFile = () => join(folder, ".nodeforge", "nodeforge", "lab.holder");

/** Takes the hold on a stack without a wait worth mentioning. */
const take = (command: string, stack = "lab", log: (line: string) => void = () => undefined) =>
  StackHold.take(folder, "nodeforge", stack, { wait: 50, command, log });

/** Starts a process that holds the stack until it is killed. */
async function holder(command: string) {
  const program = `
    import { StackHold } from ${JSON.stringify(inCheckout("cli", "stack", "hold.ts"))};
    await StackHold.take(${JSON.stringify(folder)}, "nodeforge", "lab", { command: ${JSON.stringify(command)} });
    console.log("held");
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { pid: child.pid, kill };
}

describe("the hold on a stack", () => {
  test("refuses another command, which names the process and the fix, until the process is killed", async () => {
    const other = await holder("bench");
    const said: string[] = [];
    try {
      const name = `\`npm run bench\` (process ${other.pid})`;
      const refused = take("up", "lab", (line) => said.push(line));
      await expect(refused).rejects.toThrow(AnotherRunError);
      await expect(refused).rejects.toThrow(
        `${name} works on this stack. Fix: wait for its end, or end it with Ctrl-C; then run this command again`,
      );
      expect(said).toEqual([`waiting for ${name} on stack lab (at most 0s)`]);
      (await take("up", "dev")).release();
    } finally {
      await other.kill();
    }
    expect(existsSync(holderFile())).toBe(true);
    const next = await take("up");
    await expect(take("bench")).rejects.toThrow(`\`npm run up\` (process ${process.pid}) works on this stack. Fix: `);
    next.release();
    expect(existsSync(holderFile())).toBe(false);
    (await take("bench")).release();
  });

  test.for(["", "{}", JSON.stringify({ command: "bench", process: "gone/1/1" })])(
    "names no process where the file about it has %j",
    async (text) => {
      const hold = await take("bench");
      writeFileSync(holderFile(), text);
      await expect(take("up")).rejects.toThrow("another run of Pulumi works on this stack. Fix: ");
      hold.release();
    },
  );

  test("prints no control character of that file", async () => {
    const hold = await take("up\u001b[31m");
    await expect(take("bench")).rejects.toThrow("`npm run up` (process");
    hold.release();
  });
});
