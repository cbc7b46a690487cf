/**
 * Shuts a domain down in order before it is deleted, so that its file systems are clean. One that is paused or asleep hears
 * nothing, so it goes on first. Ends the reservation of its address, which the provider makes and never takes back.
 *
 * Environment: LIBVIRT_URI, DOMAIN, DOMAIN_ID (UUID of the one that is meant), MAC, LIMIT_SECONDS, NETWORK (where its
 * address was reserved; absent: nowhere). Never fails: a machine that is gone, hangs or does not hear is deleted as it is,
 * and so is one whose reservation stays.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf, virsh } from "./virsh.ts";

const { DOMAIN = "", DOMAIN_ID = "", MAC = "", LIMIT_SECONDS = "", NETWORK = "" } = process.env;

// A machine that somebody deleted by hand has a successor by now, which has its name and needs its address.
const there = await virsh("domuuid", DOMAIN).catch(() => DOMAIN_ID);
if (there !== DOMAIN_ID) process.exit();

// Emulated, an orderly end takes 10 s, and 30 more where a container does not hear SIGTERM; whoever takes this long hangs.
const limit = Math.min(Number(LIMIT_SECONDS), 180);
const deadline = Date.now() + limit * 1000;
try {
  await shutDown();
} catch (error) {
  complain("was not shut down in order", error);
}

async function shutDown(): Promise<void> {
  const state = await virsh("domstate", DOMAIN);
  if (state === "paused") await virsh("resume", DOMAIN);
  if (state === "pmsuspended") await virsh("dompmwakeup", DOMAIN);
  // One that is on its way is only waited for. What is off, or crashed, has nothing to end.
  if (!["running", "paused", "pmsuspended", "in shutdown"].includes(state)) return;
  if (state !== "in shutdown") await virsh("shutdown", DOMAIN);
  for (;;) {
    const now = await virsh("domstate", DOMAIN);
    if (now === "shut off" || now === "crashed") return;
    // As when the pool is full: what it was asked it will not do before somebody makes room.
    if (now === "paused") throw new Error("paused again, as where the pool is full");
    if (Date.now() > deadline) throw new Error(`still running after ${limit} s`);
    await sleep(1000);
  }
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
  console.error(`${DOMAIN} ${what}: ${reasonOf(error)}`);
}
