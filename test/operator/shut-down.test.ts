import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { TestHypervisor } from "./hypervisor.ts";

const asked = "-q -c qemu:///system";
const mac = "52:54:00:00:00:01";
const endsAtRestart = `${asked} set-lifecycle-action lab-w reboot destroy --live`;
const released = `${asked} net-update lab-net delete ip-dhcp-host <host mac='${mac}'/> --live --config`;

/** Shuts down lab-w, the domain with UUID 1, on a simulated hypervisor. */
async function shutDown(answers: string, environment: Readonly<Record<string, string>> = {}) {
  const hypervisor = new TestHypervisor(`[ $1 != domuuid ] || { echo 1; exit; }\n${answers}`);
  const machine = { DOMAIN_ID: "1", MAC: mac, LIMIT_SECONDS: "10" };
  const outcome = await hypervisor.run("shut-down", { ...machine, ...environment });
  const [first, ...calls] = hypervisor.calls;
  expect(first).toBe(`${asked} domuuid lab-w`);
  return { ...outcome, calls };
}

describe("shut-down.ts", () => {
  it("requests the shutdown and waits for it", async () => {
    const { calls, ...outcome } = await shutDown(`case $1 in
shutdown) touch asked ;;
domstate) if [ -e asked ] && [ -e seen ]; then echo "shut off"; else echo running; fi; [ ! -e asked ] || touch seen ;;
esac`);
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls).toEqual([
      `${asked} domstate lab-w`,
      endsAtRestart,
      `${asked} shutdown lab-w`,
      `${asked} domstate lab-w`,
      `${asked} domstate lab-w`,
    ]);
  });

  it("warns of a hypervisor that cannot end the machine at a restart, and shuts it down", async () => {
    const { calls, ...outcome } = await shutDown(`case $1 in
set-lifecycle-action) echo "error: not supported" >&2; exit 1 ;;
shutdown) touch asked ;;
domstate) if [ -e asked ]; then echo "shut off"; else echo running; fi ;;
esac`);
    const stderr = "lab-w would start again after a restart: error: not supported\n";
    expect(outcome).toEqual({ status: 0, stdout: "", stderr });
    expect(calls).toContain(`${asked} shutdown lab-w`);
  });

  it("requests nothing from a machine that is off", async () => {
    const { calls, ...outcome } = await shutDown('echo "shut off"; echo');
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls).toEqual([`${asked} domstate lab-w`]);
  });

  it.each([
    ["paused", "resume"],
    ["pmsuspended", "dompmwakeup"],
  ])("continues a machine first that is %s", async (state, command) => {
    const { calls, ...outcome } = await shutDown(`case $1 in
${command}) touch going ;;
shutdown) touch asked ;;
domstate) if [ -e asked ]; then echo "shut off"; elif [ -e going ]; then echo running; else echo ${state}; fi ;;
esac`);
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    const [before, after] = [
      ["domstate", command],
      ["shutdown", "domstate"],
    ].map((names) => names.map((name) => `${asked} ${name} lab-w`));
    expect(calls).toEqual([...before!, endsAtRestart, ...after!]);
  });

  it("does not wait for a machine that is paused again", async () => {
    const { calls, ...outcome } = await shutDown("[ $1 != domstate ] || echo paused");
    expect(outcome).toEqual({
      status: 0,
      stdout: "",
      stderr: "lab-w was not shut down cleanly: Error: it is paused again, perhaps because its storage pool is full\n",
    });
    expect(calls).toHaveLength(5);
  });

  it("waits for a machine that is shutting down already", async () => {
    const { calls, ...outcome } = await shutDown(
      'if [ -e seen ]; then echo "shut off"; else touch seen; echo "in shutdown"; fi',
    );
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls).toEqual([`${asked} domstate lab-w`, endsAtRestart, `${asked} domstate lab-w`]);
  });

  it("requests nothing from a machine that has crashed", async () => {
    const { calls } = await shutDown("echo crashed");
    expect(calls).toEqual([`${asked} domstate lab-w`]);
  });

  it("reads states in every language of the operator", async () => {
    const { calls } = await shutDown('if [ "$LC_ALL" = C ]; then echo "shut off"; else echo laufend; fi', {
      LC_ALL: "de_DE.UTF-8",
    });
    expect(calls).toEqual([`${asked} domstate lab-w`]);
  });

  it("succeeds when the machine ignores the request", async () => {
    const { status, stderr, calls } = await shutDown("[ $1 = shutdown ] || echo running", { LIMIT_SECONDS: "0" });
    expect(status).toBe(0);
    expect(stderr).toBe("lab-w was not shut down cleanly: Error: it still runs after 0 s\n");
    expect(calls).toContain(`${asked} shutdown lab-w`);
  });

  it("succeeds when the machine is missing", async () => {
    const { status, stderr, calls } = await shutDown('echo "error: failed to get domain" >&2; echo more >&2; exit 1');
    expect(status).toBe(0);
    expect(stderr).toBe("lab-w was not shut down cleanly: error: failed to get domain\n");
    expect(calls).toHaveLength(1);
  });
});

describe("a machine that replaced one deleted by hand", () => {
  it("keeps running, and keeps its reservation", async () => {
    const { calls, ...outcome } = await shutDown("echo running", { DOMAIN_ID: "0", NETWORK: "lab-net" });
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls).toEqual([]);
  });
});

describe("the reservation of a machine's address", () => {
  it("is deleted by its MAC address once the machine is off", async () => {
    const answers = "if [ $1 = shutdown ]; then touch off; elif [ -e off ]; then echo shut off; else echo running; fi";
    const { calls, ...outcome } = await shutDown(answers, { NETWORK: "lab-net" });
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls.slice(-2)).toEqual([`${asked} domstate lab-w`, released]);
    expect(calls.filter((call) => call.includes("net-update"))).toHaveLength(1);
  });

  it("is deleted even if the machine is missing", async () => {
    const { status, stderr, calls } = await shutDown("[ $1 = net-update ] || { echo error: no >&2; exit 1; }", {
      NETWORK: "lab-net",
    });
    expect([status, stderr]).toEqual([0, "lab-w was not shut down cleanly: error: no\n"]);
    expect(calls.at(-1)).toBe(released);
  });

  it("is reported in one line when it cannot be deleted", async () => {
    const answers =
      'if [ $1 = net-update ]; then echo "error: no such host" >&2; echo more >&2; exit 1; else echo "shut off"; fi';
    const { status, stderr } = await shutDown(answers, { NETWORK: "lab-net" });
    expect([status, stderr]).toEqual([0, "lab-w keeps its reservation in network lab-net: error: no such host\n"]);
  });

  it.skipIf(spawnSync("virsh", ["-c", "test:///default", "uri"]).status !== 0)(
    "is found by libvirt by a MAC address in either case, and no other one is deleted",
    () => {
      const host = (end: string) => `<host mac='52:54:00:00:00:${end}' name='w-${end}' ip='192.168.122.1${end}'/>`;
      const add = (end: string) => `net-update default add ip-dhcp-host "${host(end)}" --live --config`;
      // The test driver's network exists as long as the connection, so all commands are one call.
      const end = `net-update default delete ip-dhcp-host "<host mac='52:54:00:00:00:0a'/>" --live --config`;
      const script = [add("0A"), add("01"), end, "net-dumpxml default"].join("; ").replaceAll("10A", "110");
      const { status, stdout } = spawnSync("virsh", ["-c", "test:///default", script], { encoding: "utf8" });
      expect(status).toBe(0);
      expect(stdout.match(/<host .*/g)).toEqual([host("01")]);
    },
  );
});
