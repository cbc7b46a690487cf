/**
 * Prints the address and the ssh host key of a domain as JSON, read through its guest agent: a channel that does not cross
 * the network, so that the first ssh connection can already be checked against the key. What was printed stays true while
 * the machine is off, when libvirt knows no address of it.
 *
 * Environment: LIBVIRT_URI, DOMAIN, MAC (empty: of whichever interface but the loopback), LIMIT_SECONDS. Fails when either has not appeared within the limit, with what the
 * agent said last.
 */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const keyFile = "/etc/ssh/ssh_host_ed25519_key.pub";
const { LIBVIRT_URI = "", DOMAIN = "", MAC = "", LIMIT_SECONDS = "" } = process.env;

interface Interface {
  readonly name: string;
  readonly "hardware-address"?: string;
  readonly "ip-addresses"?: readonly { readonly "ip-address": string; readonly "ip-address-type": string }[];
}

async function ask(execute: string, parameters: object): Promise<unknown> {
  const request = JSON.stringify({ execute, arguments: parameters });
  const { stdout } = await run("virsh", ["-c", LIBVIRT_URI, "qemu-agent-command", "--timeout", "10", DOMAIN, request], {
    // virsh waits for the agent 10 s; what takes longer is a hypervisor that does not answer.
    timeout: 30_000,
  });
  return (JSON.parse(stdout) as { return: unknown }).return;
}

async function readHostKey(): Promise<string> {
  const handle = await ask("guest-file-open", { path: keyFile, mode: "r" });
  try {
    const answer = (await ask("guest-file-read", { handle, count: 4096 })) as { "buf-b64": string };
    const [type, key] = Buffer.from(answer["buf-b64"], "base64").toString("utf8").split(/\s+/);
    if (type !== "ssh-ed25519" || !key) throw new Error(`${keyFile} holds no ed25519 key yet`);
    return `${type} ${key}`;
  } finally {
    await ask("guest-file-close", { handle });
  }
}

async function readAddress(): Promise<string> {
  const interfaces = (await ask("guest-network-get-interfaces", {})) as Interface[];
  const isLan = ({ name, "hardware-address": mac = "" }: Interface) =>
    MAC ? mac.toLowerCase() === MAC : name !== "lo";
  const lan = interfaces.find(isLan);
  const address = lan?.["ip-addresses"]?.find((candidate) => candidate["ip-address-type"] === "ipv4");
  if (!address) throw new Error(`the interface ${MAC} has no IPv4 address yet`);
  return address["ip-address"];
}

const deadline = Date.now() + Number(LIMIT_SECONDS) * 1000;
let said = 0;
for (;;) {
  try {
    // One after the other: the agent serves one question at a time.
    const hostKey = await readHostKey();
    console.log(JSON.stringify({ address: await readAddress(), hostKey }));
    break;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const reason = (stderr?.trim() || String(error)).split("\n")[0];
    if (Date.now() > deadline) {
      console.error(`no address and host key of ${DOMAIN} within ${LIMIT_SECONDS} s: ${reason}`);
      process.exit(1);
    }
    if (Date.now() - said > 15_000) {
      said = Date.now();
      console.error(`waiting for address and host key of ${DOMAIN}: ${reason}`);
    }
    await sleep(2000);
  }
}
