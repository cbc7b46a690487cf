/**
 * Shuts a domain down cleanly before it is deleted, so that its file systems are consistent. Resumes a paused domain and wakes
 * a sleeping one first, because neither receives the request. Then deletes the reservation of its address, because the
 * provider creates reservations and never deletes them.
 *
 * Environment: LIBVIRT_URI, DOMAIN, DOMAIN_ID (UUID of the domain), MAC, LIMIT_SECONDS, NETWORK (network with the reservation;
 * missing: there is none). Never fails, so that the domain is deleted even if it is missing, hangs, ignores the request or
 * keeps its reservation.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "../libvirt/domain-state.ts";
import { reasonOf, virsh } from "./virsh.ts";

const { DOMAIN = "", DOMAIN_ID = "", MAC = "", LIMIT_SECONDS = "", NETWORK = "" } = process.env;

// After a deletion by hand another machine may have this name already, and it needs the address.
const there = await virsh("domuuid", DOMAIN).catch(() => DOMAIN_ID);
if (there !== DOMAIN_ID) process.exit();

// Under emulation a clean shutdown takes 10 s, and 30 s more where a container ignores SIGTERM. After 180 s the machine hangs.
const limit = Math.min(Number(LIMIT_SECONDS), 180);
const deadline = Date.now() + limit * 1000;
try {
  await shutDown();
} catch (error) {
  complain("was not shut down cleanly", error);
}

async function shutDown(): Promise<void> {
  const state = await virsh("domstate", DOMAIN);
  if (state === "paused") await virsh("resume", DOMAIN);
  if (state === "pmsuspended") await virsh("dompmwakeup", DOMAIN);
  // A domain in shutdown needs no second request. A domain that is off or has crashed needs none at all.
  if (!["running", "paused", "pmsuspended", "in shutdown"].includes(state)) return;
  await endAtRestart();
  if (state !== "in shutdown") await virsh("shutdown", DOMAIN);
  for (;;) {
    const now = await virsh("domstate", DOMAIN);
    if (hasEnded(now)) return;
    // A full pool pauses a machine. It cannot shut down before the pool has free space.
    if (now === "paused") throw new Error("it is paused again, perhaps because its storage pool is full");
    if (Date.now() > deadline) throw new Error(`it still runs after ${limit} s`);
    await sleep(1000);
  }
}

/**
 * Lets libvirt end the machine where the guest restarts instead of shutting down. Its kubelet would register again after its Node
 * was deleted. Only warns, because QEMU before 6.0 cannot change this while a machine runs.
 */
async function endAtRestart(): Promise<void> {
  try {
    await virsh("set-lifecycle-action", DOMAIN, "reboot", "destroy", "--live");
  } catch (error) {
    complain("would start again after a restart", error);
  }
}

// After the shutdown, because a running machine keeps using its address. To find the entry, libvirt compares only the
// attributes in the request (virNetworkDefUpdateIPDHCPHost). The request has no address, because the DHCP server chose it.
if (NETWORK !== "") {
  try {
    await virsh("net-update", NETWORK, "delete", "ip-dhcp-host", `<host mac='${MAC}'/>`, "--live", "--config");
  } catch (error) {
    complain(`keeps its reservation in network ${NETWORK}`, error);
  }
}

function complain(what: string, error: unknown): void {
  console.error(`${DOMAIN} ${what}: ${reasonOf(error)}`);
}
