/**
 * Prints the address and the ssh host key of a domain as JSON. Reads both through the domain's guest agent, because this
 * channel does not cross the network. So the key authenticates even the first ssh connection. The state keeps the output, which
 * stays valid while the machine is off and libvirt knows no address.
 *
 * Before that, installs the scripts of the node's steps through the same channel. An installed script stays. Reserves the
 * address where the network has no reservation for the machine, as after a removal that was undone (shut-down.ts).
 *
 * Environment: LIBVIRT_URI, DOMAIN, MAC (empty: the first interface that is not the loopback), NETWORK_CIDR (subnet of the
 * address; missing: any), LIMIT_SECONDS. SCRIPTS has the ids of the scripts (missing: none). Fails with the last error when the
 * limit passes without an address and a key, and at once when the machine is off. NETWORK is the network with the reservation
 * (missing: there is none), and NODE the name of the node. The node may be compromised, so nothing but a valid key and an address
 * that is no other machine's is printed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { holds, isAddress, parseSubnet } from "../lib/cidr.ts";
import { scriptOf } from "../guest/installed-script.ts";
import { readNetwork } from "../libvirt/definitions.ts";
import { hasEnded } from "../libvirt/domain-state.ts";
import { addReservation, isReserved } from "../libvirt/reservations.ts";
import { addressesOf, hostKeyOf } from "./agent-answers.ts";
import { installScript } from "./install-script.ts";
import { askAgent, reasonOf, virsh } from "./virsh.ts";

const keyFile = "/etc/ssh/ssh_host_ed25519_key.pub";
const { DOMAIN = "", MAC = "", NETWORK_CIDR = "", LIMIT_SECONDS = "", SCRIPTS = "" } = process.env;
const { NETWORK = "", NODE = "" } = process.env;
const subnet = parseSubnet(NETWORK_CIDR);
if (NETWORK_CIDR !== "" && subnet === undefined) {
  throw new Error(`NETWORK_CIDR is ${NETWORK_CIDR}, expected a subnet such as 192.168.222.0/24`);
}

const ask = askAgent(DOMAIN);
const missing = SCRIPTS.split(" ")
  .filter((id) => id !== "")
  .map(scriptOf);

async function readHostKey(): Promise<string> {
  const handle = await ask("guest-file-open", { path: keyFile, mode: "r" });
  try {
    return hostKeyOf(await ask("guest-file-read", { handle, count: 4096 }), keyFile);
  } finally {
    await ask("guest-file-close", { handle });
  }
}

async function readAddress(): Promise<string> {
  const address = addressesOf(await ask("guest-network-get-interfaces", {}), MAC).find(isOurs);
  if (address === undefined)
    throw new Error(`the interface ${MAC} has no IPv4 address${subnet ? ` of ${NETWORK_CIDR}` : ""} yet`);
  return address;
}

/**
 * Whether a candidate is an address in the nodes' network. Another address would send secrets elsewhere, and ssh reads a text
 * that begins with - as an option.
 */
function isOurs(candidate: string): boolean {
  return isAddress(candidate) && (subnet === undefined || holds(subnet, candidate));
}

/**
 * Refuses the address of another machine, for which a compromised node would get a serving certificate. A missing reservation is
 * only a warning, because the machine works without it while its lease lasts.
 */
async function reserve(address: string): Promise<void> {
  if (NETWORK === "") return;
  const { subnets } = readNetwork(await virsh("net-dumpxml", NETWORK));
  const machine = { mac: MAC, name: NODE, address };
  if (isReserved(subnets, machine)) return;
  try {
    await addReservation(virsh, NETWORK, machine);
  } catch (error) {
    console.error(`${DOMAIN} has no reservation in network ${NETWORK}: ${reasonOf(error)}`);
  }
}

/** Whether the machine has ended, for example because its host lost power. A restart of the guest is no end. */
async function isOff(): Promise<boolean> {
  return hasEnded(await virsh("domstate", DOMAIN).catch(() => "unknown"));
}

const deadline = Date.now() + Number(LIMIT_SECONDS) * 1000;
let reportedAt = 0;
for (;;) {
  try {
    // In sequence, because the agent serves one request at a time.
    const hostKey = await readHostKey();
    const address = await readAddress();
    for (; missing[0] !== undefined; missing.shift()) await installScript(ask, missing[0]);
    await reserve(address);
    console.log(JSON.stringify({ address, hostKey }));
    break;
  } catch (error) {
    const reason = reasonOf(error);
    if (Date.now() > deadline) {
      console.error(`no address and host key of ${DOMAIN} within ${LIMIT_SECONDS} s: ${reason}`);
      process.exit(1);
    }
    if (await isOff()) {
      console.error(`no address and host key of ${DOMAIN}, because the machine is off: ${reason}`);
      process.exit(1);
    }
    if (Date.now() - reportedAt > 15_000) {
      reportedAt = Date.now();
      console.error(`waiting for address and host key of ${DOMAIN}: ${reason}`);
    }
    await sleep(2000);
  }
}
