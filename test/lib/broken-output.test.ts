import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";

/** Milliseconds after which a process without a reader counts as one that goes on. */
const patience = 3000;

/**
 * Starts a process that logs its uncaught errors, as Pulumi's run command does, and stops reading its output.
 * @returns its exit code, or "lives" when it has none in time.
 */
async function codeWithoutReader(call: string): Promise<number | "lives"> {
  const source = `
    import { endWithoutReader } from ${JSON.stringify(inCheckout("lib", "broken-output.ts"))};
    process.on("uncaughtException", () => process.stderr.write("an error\\n"));
    ${call}
    process.stdout.write("begun\\n");
    setInterval(() => process.stderr.write("a line\\n"), 20);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit") as Promise<[number]>;
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stderr.destroy();
  return Promise.race([ended.then(([code]) => code), sleep(patience, "lives" as const)]);
}

it("a process whose output has no reader any more ends with an error", async () => {
  expect(await codeWithoutReader("endWithoutReader();")).toBe(1);
});

it("without the call, it goes on and logs its errors for ever", async () => {
  expect(await codeWithoutReader("")).toBe("lives");
});
