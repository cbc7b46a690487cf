/**
 * Shuts a domain down in order before it is deleted, so that its file systems are clean. Ends the reservation of its
 * address, which the provider makes and never takes back.
 *
 * Environment: LIBVIRT_URI, DOMAIN, DOMAIN_ID (UUID of the one that is meant), MAC, LIMIT_SECONDS, NETWORK (where its
 * address was reserved; absent: nowhere). Never fails: a machine that is gone, hangs or does not hear is deleted as it is,
 * and so is one whose reservation stays.
 */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const { LIBVIRT_URI = "", DOMAIN = "", DOMAIN_ID = "", MAC = "", LIMIT_SECONDS = "", NETWORK = "" } = process.env;

/** Asks virsh; what a hypervisor does not answer in half a minute it does not answer. */
async function virsh(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("virsh", ["-c", LIBVIRT_URI, ...args], { timeout: 30_000 });
  return stdout.trim();
}

// A machine that somebody deleted by hand has a successor by now, which has its name and needs its address.
const there = await virsh("domuuid", DOMAIN).catch(() => DOMAIN_ID);
if (there !== DOMAIN_ID) process.exit();

// Emulated, an orderly end takes 10 s, and 30 more where a container does not hear SIGTERM; whoever takes this long hangs.
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
  complain("was not shut down in order", error);
}

// Once it is off: a machine that is on keeps its address, and one that comes in its place finds the lease. Of an entry that
// is to be deleted libvirt compares only what is given (virNetworkDefUpdateIPDHCPHost); the address was DHCP's choice.
if (NETWORK !== "") {
  try {
    await virsh("net-update", NETWORK, "delete", "ip-dhcp-host", `<host mac='${MAC}'/>`, "--live", "--config");
  } catch (error) {
    complain(`keeps its reservation in ${NETWORK}`, error);
  }
}

function complain(what: string, error: unknown): void {
  const { stderr } = error as { stderr?: string };
  console.error(`${DOMAIN} ${what}: ${(stderr?.trim() || String(error)).split("\n")[0]}`);
}
