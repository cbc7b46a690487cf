/**
 * Shuts a domain down in order before it is deleted: its file systems are clean then, and it gives its address back.
 *
 * Environment: LIBVIRT_URI, DOMAIN, LIMIT_SECONDS. Never fails: a machine that is gone, hangs or does not hear is deleted
 * as it is.
 */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const { LIBVIRT_URI = "", DOMAIN = "", LIMIT_SECONDS = "" } = process.env;

/** Asks virsh; what a hypervisor does not answer in half a minute it does not answer. */
async function virsh(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("virsh", ["-c", LIBVIRT_URI, ...args], { timeout: 30_000 });
  return stdout.trim();
}

// Emulated and on a busy machine, an orderly end took 100 s; whoever takes longer than this hangs.
const limit = Math.min(Number(LIMIT_SECONDS), 180);
const deadline = Date.now() + limit * 1000;
try {
  if ((await virsh("domstate", DOMAIN)) === "running") {
    await virsh("shutdown", DOMAIN);
    while ((await virsh("domstate", DOMAIN)) !== "shut off") {
      if (Date.now() > deadline) throw new Error(`still running after ${limit} s`);
      await sleep(1000);
    }
  }
} catch (error) {
  const { stderr } = error as { stderr?: string };
  console.error(`${DOMAIN} was not shut down in order: ${(stderr?.trim() || String(error)).split("\n")[0]}`);
}
