import { describe, expect, it } from "vitest";
import { installedScript } from "../../guest/installed-script.ts";
import { TestHypervisor } from "./hypervisor.ts";

const mac = "52:54:00:aa:bb:cc";
const address = (type: string, ip: string) => ({ "ip-address-type": type, "ip-address": ip });
const lan = {
  name: "eth0",
  "hardware-address": mac.toUpperCase(),
  "ip-addresses": [address("ipv6", "fe80::1"), address("ipv4", "192.168.222.101")],
};
const lo = { name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [address("ipv4", "127.0.0.1")] };
const bridge = {
  name: "cni0",
  "hardware-address": "52:54:00:00:00:09",
  "ip-addresses": [address("ipv4", "10.244.1.1")],
};
const key = "ssh-ed25519 AAAAkey root@worker\n";

/** Answers of a guest agent: the file of the host key and the interfaces. `before` runs at each request. */
function agent({ file = key, interfaces = [lo, bridge, lan] as object[], before = "" } = {}): string {
  const say = (answer: unknown) => `echo '${JSON.stringify({ return: answer })}'`;
  return `${before}
case $5 in
*guest-file-open*) ${say(7)} ;;
*guest-file-read*) ${say({ count: file.length, "buf-b64": Buffer.from(file).toString("base64"), eof: true })} ;;
*guest-file-close*) ${say({})} ;;
*guest-network-get-interfaces*) ${say(interfaces)} ;;
esac`;
}

async function read(answers: string, LIMIT_SECONDS = "20", NETWORK_CIDR = "192.168.222.0/24") {
  const hypervisor = new TestHypervisor(answers);
  const outcome = await hypervisor.run("read-identity", { MAC: mac, LIMIT_SECONDS, NETWORK_CIDR });
  const questions = hypervisor.calls.flatMap((call) => /guest-[a-z-]+/.exec(call) ?? []);
  return { ...outcome, calls: hypervisor.calls, questions };
}

describe("the scripts of a node's steps", () => {
  const { id, text } = installedScript("leave");
  /** Runs the program of guest-exec for real, with another folder. */
  const exec = `
case $5 in
*guest-exec-status*) printf '{"return":{"exited":true,"exitcode":%s,"err-data":"%s"}}' "$(cat code)" "$(base64 -w 0 <err)" ;;
*'"guest-exec"'*)
  request=$5
  field() { printf '%s' "$request" | ${process.execPath} -p "JSON.parse(require('fs').readFileSync(0)).arguments$1"; }
  field '["input-data"]' | base64 -d >input
  eval "$BREAK"
  field '.arg[1]' | sed "s|/var/lib/nodeforge|$FOLDER|" >program
  code=0; sh program "$(field '.arg[3]')" "$(field '.arg[4]')" <input 2>err || code=$?
  echo "$code" >code; echo '{"return":{"pid":7}}' ;;
esac`;
  const install = async (scripts: string, broken = "", seconds = "5") => {
    const hypervisor = new TestHypervisor(agent({ before: exec.replace("sh program", 'sh -c "$(cat program)" sh') }));
    const environment = { MAC: mac, LIMIT_SECONDS: seconds, NETWORK_CIDR: "", SCRIPTS: scripts, BREAK: broken };
    return { hypervisor, ...(await hypervisor.run("read-identity", environment)) };
  };

  it("are installed once, each as the newest of its name, before the identity is printed", async () => {
    const { status, stdout, stderr, hypervisor } = await install(id);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ address: "192.168.222.101" });
    expect(hypervisor.read(`scripts/${id}.sh`)).toBe(text);
    expect(hypervisor.read("scripts/leave.sh")).toBe(text);
    expect(hypervisor.calls.filter((call) => call.includes('"guest-exec"'))).toHaveLength(1);
  });

  it("are refused by the node when they arrive incomplete, and the run says so at its limit", async () => {
    const { status, stdout, stderr } = await install(id, "truncate -s -1 input", "-1");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${id} could not be installed: the script ${id} arrived incomplete`);
  });

  it("are refused at once when the checkout has another version", async () => {
    const { status, stderr, hypervisor } = await install("leave-000000000000");
    expect(status).toBe(1);
    expect(stderr).toContain(`this checkout has ${id}, expected leave-000000000000`);
    expect(hypervisor.calls).toEqual([]);
  });
});

describe("address and host key of a machine", () => {
  it("are those that the guest agent reports for the interface with its MAC address", async () => {
    const { status, stdout, stderr, calls, questions } = await read(agent());
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ address: "192.168.222.101", hostKey: "ssh-ed25519 AAAAkey" });
    expect(questions).toEqual([
      "guest-file-open",
      "guest-file-read",
      "guest-file-close",
      "guest-network-get-interfaces",
    ]);
    expect(calls[0]).toBe(
      "-q -c qemu:///system qemu-agent-command --timeout 10 lab-w " +
        '{"execute":"guest-file-open","arguments":{"path":"/etc/ssh/ssh_host_ed25519_key.pub","mode":"r"}}',
    );
  });

  it("are requested until the agent answers", async () => {
    const before = "[ -e tried ] || { touch tried; echo 'error: agent is not connected' >&2; exit 1; }";
    const { status, stdout, stderr, questions } = await read(agent({ before }));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ address: "192.168.222.101" });
    expect(stderr).toBe("waiting for address and host key of lab-w: error: agent is not connected\n");
    expect(questions).toHaveLength(5);
  });

  it.each([
    ["an unavailable agent", "echo 'error: agent is not connected' >&2; exit 1", "error: agent is not connected"],
    ["an empty key", agent({ file: "" }), "has no ed25519 key yet"],
    ["a key with other text in it", agent({ file: "ssh-ed25519 AA;reboot x" }), "has no ed25519 key yet"],
    ["another kind of key", agent({ file: "ssh-rsa AAAA" }), "has no ed25519 key yet"],
    [
      "no interface with this MAC address",
      agent({ interfaces: [lo, bridge] }),
      `the interface ${mac} has no IPv4 address of 192.168.222.0/24 yet`,
    ],
    [
      "no address",
      agent({ interfaces: [{ ...lan, "ip-addresses": [] }] }),
      `the interface ${mac} has no IPv4 address of 192.168.222.0/24 yet`,
    ],
    [
      "no IPv4 address",
      agent({ interfaces: [{ ...lan, "ip-addresses": [address("ipv6", "fe80::1")] }] }),
      "has no IPv4 address of 192.168.222.0/24 yet",
    ],
  ])("are an error at the limit, with the reason: %s", async (_, answers, reason) => {
    const { status, stdout, stderr } = await read(answers, "-1");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^no address and host key of lab-w within -1 s: /);
    expect(stderr).toContain(reason);
  });

  it.each([
    ["an option of ssh", "-oProxyCommand=touch /tmp/x"],
    ["a name", "evil.example"],
    ["an address with other text after it", "192.168.222.9 -v"],
    ["an address of another network", "203.0.113.7"],
    ["the loopback of the operator's machine", "127.0.0.1"],
    ["the subnet itself", "192.168.222.0"],
    ["the broadcast address", "192.168.222.255"],
    ["an octal address", "0300.0250.0336.012"],
  ])("are refused when the agent reports %s as the address", async (_, reported) => {
    const interfaces = [{ ...lan, "ip-addresses": [address("ipv4", reported)] }];
    const { status, stdout, stderr } = await read(agent({ interfaces }), "-1");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`the interface ${mac} has no IPv4 address of 192.168.222.0/24 yet`);
  });

  it.each(["shut off", "crashed"])("are not waited for when the machine is %s", async (state) => {
    const off = `[ "$1" != domstate ] || { echo "${state}"; exit; }\necho "error: domain is not running" >&2; exit 1`;
    const { status, stdout, stderr, calls } = await read(off);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe("no address and host key of lab-w, because the machine is off: error: domain is not running\n");
    expect(calls).toHaveLength(2);
  });

  it("are those in the nodes' network when the interface has several addresses", async () => {
    const addresses = [address("ipv4", "169.254.7.7"), address("ipv4", "192.168.222.102")];
    const { stdout } = await read(agent({ interfaces: [{ ...lan, "ip-addresses": addresses }] }));
    expect(JSON.parse(stdout)).toMatchObject({ address: "192.168.222.102" });
  });

  it("are of any network without NETWORK_CIDR, as in a diagnosis", async () => {
    const { stdout } = await read(
      agent({ interfaces: [{ ...lan, "ip-addresses": [address("ipv4", "10.1.2.3")] }] }),
      "20",
      "",
    );
    expect(JSON.parse(stdout)).toMatchObject({ address: "10.1.2.3" });
    const { status } = await read(
      agent({ interfaces: [{ ...lan, "ip-addresses": [address("ipv4", "-v")] }] }),
      "-1",
      "",
    );
    expect(status).toBe(1);
  });

  it("are an error without control characters from the guest", async () => {
    const { stderr } = await read("printf 'error: \\033[2Jcleared \\033]0;title\\007\\rover\\n' >&2; exit 1", "-1");
    expect(stderr).toBe("no address and host key of lab-w within -1 s: error: cleared over\n");
  });

  it("leave no file open in the guest, even when the key does not exist yet", async () => {
    const { questions } = await read(agent({ file: "" }), "-1");
    expect(questions).toEqual(["guest-file-open", "guest-file-read", "guest-file-close"]);
  });
});

describe("the reservation of the address", () => {
  const reserved = (hosts: string, update = ":") => `case $1 in
net-dumpxml) echo "<network><ip address='192.168.222.1' prefix='24'><dhcp>${hosts}</dhcp></ip></network>"; exit ;;
net-update) ${update}; exit ;;
esac`;
  const identify = async (before: string, environment = {}) => {
    const hypervisor = new TestHypervisor(agent({ before }));
    const machine = { MAC: mac, LIMIT_SECONDS: "20", NETWORK: "lab-net", NODE: "w" };
    const { status, stdout, stderr } = await hypervisor.run("read-identity", { ...machine, ...environment });
    expect([status, (JSON.parse(stdout) as { address: string }).address]).toEqual([0, "192.168.222.101"]);
    return { stderr, calls: hypervisor.calls.flatMap((call) => / (net-.*)/.exec(call)?.[1] ?? []) };
  };
  const dump = "net-dumpxml lab-net";
  const add = `net-update lab-net add-last ip-dhcp-host <host mac='${mac}' name='w' ip='192.168.222.101'/> --live --config`;

  it("is made where the network has none for the machine", async () => {
    const other = "<host mac='52:54:00:00:00:01' ip='192.168.222.102'/>";
    expect(await identify(reserved(other))).toEqual({ stderr: "", calls: [dump, add] });
  });

  it("is kept where the network has it", async () => {
    const own = `<host mac='${mac.toUpperCase()}' ip='192.168.222.101'/>`;
    expect(await identify(reserved(own))).toEqual({ stderr: "", calls: [dump] });
  });

  it.each([
    [
      "another address is reserved for it",
      `<host mac='${mac}' ip='192.168.222.102'/>`,
      `192.168.222.102 is reserved for ${mac}`,
    ],
    ["another machine has it", "<host mac='52:54:00:00:00:01' ip='192.168.222.101'/>", "is that of 52:54:00:00:00:01"],
    ["the gateway has it", "</dhcp></ip><ip address='192.168.222.101' prefix='24'><dhcp>", "is that of the gateway"],
  ])("refuses the agent's address when %s", async (_, hosts, reason) => {
    const hypervisor = new TestHypervisor(agent({ before: reserved(hosts) }));
    const machine = { MAC: mac, LIMIT_SECONDS: "-1", NETWORK: "lab-net", NODE: "w" };
    const { status, stdout, stderr } = await hypervisor.run("read-identity", machine);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      `no address and host key of lab-w within -1 s: Error: it reports the address 192.168.222.101, `,
    );
    expect(stderr).toContain(reason);
    expect(hypervisor.calls.filter((call) => call.includes("net-update"))).toEqual([]);
  });

  it("is not looked for without a network of the cluster", async () => {
    expect(await identify(reserved(""), { NETWORK: "" })).toEqual({ stderr: "", calls: [] });
  });

  it("is reported in one line when it cannot be made", async () => {
    const { stderr } = await identify(reserved("", 'echo "error: the address is taken" >&2; echo more >&2; exit 1'));
    expect(stderr).toBe("lab-w has no reservation in network lab-net: error: the address is taken\n");
  });
});
