import { describe, expect, test } from "vitest";
import { interfacesOn } from "../../../cli/recovery/stopped-networks.ts";
import { startStopped, startStoppedForDeletion } from "../../../cli/recovery/restart.ts";
import type { StateResource } from "../../../cli/stack/state.ts";
import { macAddress } from "../../../topology.ts";
import { urn } from "../../support/urn.ts";
import { answering, type Answer } from "../../support/virsh-answers.ts";

const uri = "qemu+ssh://host/system";
const provider: StateResource = { urn: "urn:hypervisor", type: "pulumi:providers:libvirt", inputs: { uri } };

const resource = (kind: string, name: string, id: string, outputs: object = {}): StateResource => ({
  urn: urn(`libvirt:index/${kind.toLowerCase()}:${kind}`, name),
  type: `libvirt:index/${kind.toLowerCase()}:${kind}`,
  id,
  provider: "urn:hypervisor::1",
  outputs: { name, ...outputs },
});
const link = { networkInterfaces: [{ networkName: "lab-net" }] };
const stack = [
  provider,
  resource("Pool", "lab-pool", "pool-1"),
  resource("Network", "lab-net", "net-1"),
  resource("Domain", "lab-w-1", "uuid-1", link),
  resource("Domain", "lab-w-2", "uuid-2", link),
];

/** Answers of a hypervisor on which nothing has stopped. */
const well = {
  uri,
  "pool-list --inactive --name": "",
  "net-list --inactive --name": "",
  "list --all --state-paused --state-other --uuid": "",
  "list --inactive --with-managed-save --uuid": "",
  "net-port-list --uuid lab-net": " port-1\n port-2\n\n",
  "list --uuid": "uuid-1\nuuid-2\nuuid-9\n",
};
const quiet = Object.keys(well);
const halted = { "list --all --state-paused --state-other --uuid": "uuid-9\nuuid-1\n" };

/** Starts a stack on a hypervisor with these answers and the usual ones. A call without an answer fails. */
async function going(
  answers: Readonly<Record<string, Answer>> = {},
  resources: readonly StateResource[] = stack,
  set = startStopped,
) {
  const { virsh, asked } = answering({ ...well, ...answers });
  const said: string[] = [];
  const polling = { interval: 1, timeout: 20 };
  const failure = await set(
    { resources, pending: [] },
    {
      connect: (to) => (to === uri ? virsh : () => Promise.reject(new Error(`unknown ${to}`))),
      log: (line) => said.push(line),
      polling,
    },
  ).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { failure, said, asked: asked.filter((command) => !quiet.includes(command)) };
}

test("a running stack is not touched", async () => {
  expect(await going()).toEqual({ failure: undefined, said: [], asked: [] });
});

test("virsh is not called for an empty state", async () => {
  expect(await going({ uri: new Error("asked") }, [])).toEqual({ failure: undefined, said: [], asked: [] });
});

test("a hypervisor that does not answer is logged and skipped", async () => {
  const { failure, said } = await going({ uri: new Error("virsh -c x uri: error: no route\nto host") });
  expect([failure, said]).toEqual([undefined, [`${uri} does not answer, so nothing is started there: to host`]]);
});

describe("a machine", () => {
  test.each(["user", "I/O error", "unknown", "from snapshot", "watchdog"])(
    "paused (%s) is resumed, and its clock is set",
    async (reason) => {
      const { failure, said, asked } = await going({
        ...halted,
        "domstate uuid-1 --reason": [`paused (${reason})`, "running (unpaused)"],
        "resume uuid-1": "",
        "domtime uuid-1 --sync": "",
      });
      expect([failure, said]).toEqual([undefined, [`lab-w-1 is paused (${reason}): resuming it`]]);
      const look = "domstate uuid-1 --reason";
      expect(asked).toEqual([look, "resume uuid-1", look, "domtime uuid-1 --sync"]);
    },
  );

  test("that pauses again is an error with the reason and the fix, and is resumed once", async () => {
    const { failure, asked } = await going({
      ...halted,
      "domstate uuid-1 --reason": "paused (I/O error)",
      "resume uuid-1": "",
      "domblkerror uuid-1": "vda: no space\n",
    });
    expect(failure).toBe(
      "lab-w-1 was resumed and is paused again (I/O error; vda: no space). Fix: free space where its pool is full, then run this again",
    );
    expect(asked.filter((command) => command.startsWith("resume"))).toHaveLength(1);
  });

  test.each(["saving", "migrating", "dumping", "creating snapshot", "post-copy failed"])(
    "that libvirt has paused for its own work (%s) is not resumed",
    async (reason) => {
      const { failure, asked } = await going({ ...halted, "domstate uuid-1 --reason": `paused (${reason})` });
      expect(failure).toBe(
        `libvirt has paused lab-w-1 (${reason}). Fix: wait until libvirt resumes it (virsh domstate lab-w-1), then run this again`,
      );
      expect(asked).toEqual(["domstate uuid-1 --reason"]);
    },
  );

  test("that is asleep is woken", async () => {
    const { failure, said } = await going({
      ...halted,
      "domstate uuid-1 --reason": ["pmsuspended (unknown)", "pmsuspended (unknown)", "running (wakeup)"],
      "dompmwakeup uuid-1": "",
      "domtime uuid-1 --sync": "",
    });
    expect([failure, said]).toEqual([undefined, ["lab-w-1 is asleep: waking it"]]);
  });

  test("that does not wake is an error after the timeout", async () => {
    const { failure } = await going({
      ...halted,
      "domstate uuid-1 --reason": "pmsuspended (unknown)",
      "dompmwakeup uuid-1": "",
    });
    expect(failure).toBe("lab-w-1 was woken and is still asleep after 0.02 s: virsh domstate uuid-1");
  });

  test.each(["crashed (panicked)", "paused (crashed)"])("that is %s is turned off", async (state) => {
    const { failure, said, asked } = await going({
      ...halted,
      "domstate uuid-1 --reason": state,
      "destroy uuid-1": "",
    });
    expect([failure, said]).toEqual([undefined, ["lab-w-1 has crashed: turning it off"]]);
    expect(asked).toEqual(["domstate uuid-1 --reason", "destroy uuid-1"]);
  });

  test("that shuts down is waited for, and Pulumi starts it", async () => {
    const states = ["in shutdown (user)", "in shutdown (user)", "shut off (shutdown)"];
    const { failure, asked } = await going({ ...halted, "domstate uuid-1 --reason": states });
    expect(failure).toBeUndefined();
    expect(new Set(asked)).toEqual(new Set(["domstate uuid-1 --reason"]));
    const stuck = await going({ ...halted, "domstate uuid-1 --reason": "in shutdown (user)" });
    expect(stuck.failure).toMatch(/^lab-w-1 is still shutting down after/);
  });

  test("whose memory was saved is started from it, also where its agent does not answer", async () => {
    const { failure, said } = await going({
      "list --inactive --with-managed-save --uuid": "uuid-2\n",
      "start uuid-2": "",
      "domstate uuid-2 --reason": "running (restored)",
      "domtime uuid-2 --sync": new Error("virsh: error: agent is not connected"),
    });
    expect([failure, said]).toEqual([
      undefined,
      [
        "starting lab-w-2 from its saved memory",
        "the clock of lab-w-2 may be behind: virsh: error: agent is not connected",
      ],
    ]);
  });

  test("has its clock set also where its image has no hwclock, which the agent reports as an error", async () => {
    const refused =
      "virsh: error: 'guest-set-time': child process has failed to set hardware clock to system time: failed to exec";
    const { said } = await going({
      "list --inactive --with-managed-save --uuid": "uuid-2\n",
      "start uuid-2": "",
      "domstate uuid-2 --reason": "running (restored)",
      "domtime uuid-2 --sync": new Error(refused),
      "domtime uuid-2 --now": new Error(refused),
      "domtime uuid-2": `Time: ${Math.floor(Date.now() / 1000)}\n`,
    });
    expect(said).toEqual(["starting lab-w-2 from its saved memory"]);
  });

  test("outside of the state is not touched", async () => {
    const others = { "list --all --state-paused --state-other --uuid": "uuid-9\n" };
    expect(await going({ ...others, "list --inactive --with-managed-save --uuid": "uuid-8\n" })).toEqual({
      failure: undefined,
      said: [],
      asked: [],
    });
  });
});

describe("an inactive network and pool", () => {
  const stopped = {
    "pool-list --inactive --name": "lab-pool\n",
    "net-list --inactive --name": "default\nlab-net\n",
    "pool-uuid lab-pool": "pool-1\n",
    "net-uuid lab-net": "net-1\n",
    "pool-start lab-pool": "",
    "net-start lab-net": "",
  };

  test("are started before the machines", async () => {
    const { failure, said, asked } = await going({
      ...stopped,
      ...halted,
      "domstate uuid-1 --reason": ["paused (user)", "running (unpaused)"],
      "resume uuid-1": "",
      "domtime uuid-1 --sync": "",
    });
    expect(failure).toBeUndefined();
    expect(said).toEqual([
      "storage pool lab-pool is not active: starting it",
      "network lab-net is not active: starting it",
      "lab-w-1 is paused (user): resuming it",
    ]);
    expect(asked.indexOf("net-start lab-net")).toBeLessThan(asked.indexOf("resume uuid-1"));
  });

  test("are not started when other objects have their names", async () => {
    const { failure, said, asked } = await going({ ...stopped, "pool-uuid lab-pool": "x", "net-uuid lab-net": "y" });
    expect([failure, said, asked]).toEqual([undefined, [], ["pool-uuid lab-pool", "net-uuid lab-net"]]);
  });

  test("are not started when the stack only uses them", async () => {
    const used = stack.filter(({ type }) => !/:(Pool|Network)$/.test(type));
    expect(await going(stopped, used)).toEqual({ failure: undefined, said: [], asked: [] });
  });
});

describe("links that a network has lost", () => {
  const domain = (mac: string, port: string) => `<domain><devices>
    <!-- <interface type='network'><source network='lab-net' portid='none'/></interface> -->
    <interface type='network'>
      <mac address='${mac}'/>
      <source network='lab-net' portid='${port}' bridge='virbr1'/>
      <target dev='vnet0'/>
    </interface>
    <interface type='network'><source network='other'/></interface></devices></domain>`;
  const lost = {
    "net-port-list --uuid lab-net": "",
    "dumpxml uuid-1": domain("52:54:00:00:00:01", "port-1"),
    "dumpxml uuid-2": domain("52:54:00:00:00:02", "port-2"),
    "net-create FILE": "",
    "update-device uuid-1 FILE --live": "",
    "update-device uuid-2 FILE --live": "",
  };
  const destroys = (asked: readonly string[]) => asked.filter((command) => command.startsWith("net-destroy"));

  test("are restored through a temporary network", async () => {
    // The network's name is random, so its destruction has no answer here.
    const { said, failure, asked } = await going(lost);
    expect(said).toEqual(["network lab-net was stopped and has lost its links to 2 machines: restoring them"]);
    expect(failure).toMatch(/^no answer to net-destroy nodeforge-[0-9a-f]{8}$/);
    const moved = [1, 1, 2, 2].map((number) => `update-device uuid-${number} FILE --live`);
    expect(asked.filter((command) => command.startsWith("update-device"))).toEqual(moved);
    expect(destroys(asked)).toHaveLength(1);
  });

  test("are restored only for the machine that lost its own", async () => {
    const { said, asked } = await going({ ...lost, "net-port-list --uuid lab-net": " port-2\n" });
    expect(said).toEqual(["network lab-net was stopped and has lost its links to 1 machines: restoring them"]);
    const moved = [1, 1].map((number) => `update-device uuid-${number} FILE --live`);
    expect(asked.filter((command) => command.startsWith("update-device"))).toEqual(moved);
  });

  test("stay as they are where libvirt is too old to list them", async () => {
    const { failure, said } = await going({ ...lost, "net-port-list --uuid lab-net": new Error("unknown command") });
    expect([failure, said]).toEqual([undefined, []]);
  });

  test("leave no temporary network when libvirt refuses", async () => {
    const { asked } = await going({ ...lost, "update-device uuid-1 FILE --live": new Error("refused") });
    expect(destroys(asked)).toHaveLength(1);
    expect(asked.filter((command) => command.startsWith("update-device"))).toHaveLength(1);
  });

  test("are those of this network, and the rest of an interface is unchanged", () => {
    const found = interfacesOn("lab-net", domain("52:54:00:00:00:01", "port-1"));
    expect(found).toHaveLength(1);
    expect(found[0]!.port).toBe("port-1");
    expect(found[0]!.on("temporary")).toBe(`<interface type="network">
      <mac address="52:54:00:00:00:01"/>
      <source network="temporary"/>
      <target dev="vnet0"/>
    </interface>`);
  });
});

describe("a stack that is about to be destroyed", () => {
  const asleep = { "list --all --state-other --uuid": "uuid-1\nuuid-9\n" };
  const toDelete = (answers: Readonly<Record<string, Answer>>) => going(answers, stack, startStoppedForDeletion);
  const look = "domstate uuid-1 --reason";

  test("has its sleeping machines woken, because the provider would undefine them and let them sleep on", async () => {
    const { failure, asked } = await toDelete({
      ...asleep,
      [look]: ["pmsuspended (unknown)", "running (wakeup)"],
      "dompmwakeup uuid-1": "",
    });
    expect(failure).toBeUndefined();
    expect(asked).toEqual(["list --all --state-other --uuid", look, "dompmwakeup uuid-1", look, look]);
  });

  test("keeps its paused and saved machines, networks and links as they are", async () => {
    const { failure, said, asked } = await toDelete({
      "list --all --state-other --uuid": "",
      ...halted,
      "list --inactive --with-managed-save --uuid": "uuid-2\n",
      "net-port-list --uuid lab-net": "",
    });
    expect([failure, said, asked]).toEqual([undefined, [], ["list --all --state-other --uuid"]]);
  });

  test("can be destroyed although a machine does not wake", async () => {
    const { failure, said } = await toDelete({ ...asleep, [look]: "pmsuspended (unknown)", "dompmwakeup uuid-1": "" });
    expect(failure).toBeUndefined();
    expect(said.at(-1)).toMatch(/^lab-w-1 was woken and is still asleep/);
  });
});

describe("the reservation of a worker", () => {
  const identity = JSON.stringify({ address: "192.168.222.101", hostKey: "ssh-ed25519 AAAA" });
  const step = (environment: object, stdout = identity): StateResource => ({
    urn: urn("command:local:Command", "lab-w-1-host-key"),
    type: "command:local:Command",
    id: "step",
    inputs: { environment },
    outputs: { stdout },
  });
  const own = { MAC: "52:54:00:00:00:01", NETWORK: "lab-net", NODE: "w-1" };
  const network = (hosts = "") =>
    `<network><ip address='192.168.222.1' netmask='255.255.255.0'><dhcp>${hosts}</dhcp></ip></network>`;
  const add =
    "net-update lab-net add-last ip-dhcp-host <host mac='52:54:00:00:00:01' name='w-1' ip='192.168.222.101'/> --live --config";

  test("that is missing is restored before its machine continues", async () => {
    const answers = { "net-dumpxml lab-net": network(), [add]: "", ...halted };
    const { said, asked } = await going({ ...answers, "domstate uuid-1 --reason": "shut off (shutdown)" }, [
      ...stack,
      step(own),
    ]);
    expect(said).toEqual(["network lab-net had no reservation for w-1: 192.168.222.101 is reserved again"]);
    expect(asked).toEqual(["net-dumpxml lab-net", add, "domstate uuid-1 --reason"]);
  });

  test("that exists is not touched", async () => {
    const there = network("<host mac='52:54:00:00:00:01' name='w-1' ip='192.168.222.101'/>");
    const { failure, said, asked } = await going({ "net-dumpxml lab-net": there }, [...stack, step(own)]);
    expect([failure, said, asked]).toEqual([undefined, [], ["net-dumpxml lab-net"]]);
  });

  test.each([
    ["in another network", step({ ...own, NETWORK: "other" })],
    ["of the control plane", step({ MAC: own.MAC, NODE: "master" })],
    ["of an earlier release", step({ MAC: own.MAC, NETWORK: "lab-net" })],
    ["of a machine that was replaced", { ...step(own), delete: true }],
  ])("%s is not looked for", async (_, other) => {
    expect(await going({}, [...stack, other])).toEqual({ failure: undefined, said: [], asked: [] });
  });

  test("that libvirt refuses is logged, and the rest continues", async () => {
    const answers = { "net-dumpxml lab-net": network(), [add]: new Error("error: the address is taken\nmore") };
    const { failure, said } = await going(answers, [...stack, step(own)]);
    const line = "a worker has no reservation in network lab-net: Error: error: the address is taken";
    expect([failure, said]).toEqual([undefined, [line]]);
  });
});

describe("the reservation of a worker whose creation ended early", () => {
  const cluster: StateResource = { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" };
  const mac = macAddress("lab", "w-3");
  const host = (theMac: string, name: string) => `<host mac='${theMac}'${name} ip='192.168.222.103'/>`;
  const network = (hosts: string) =>
    `<network><ip address='192.168.222.1' netmask='255.255.255.0'><dhcp>${hosts}</dhcp></ip></network>`;
  const left = host(mac, " name='w-3'");
  const remove = `net-update lab-net delete ip-dhcp-host <host mac='${mac}'/> --live --config`;
  const step: StateResource = {
    urn: urn("command:local:Command", "lab-w-3-host-key"),
    type: "command:local:Command",
    id: "step",
    inputs: { environment: { MAC: mac } },
  };
  const fixed = {
    ...resource("Domain", "lab-w-3", "uuid-3"),
    inputs: { networkInterfaces: [{ mac, addresses: ["x"] }] },
  };

  test("is deleted", async () => {
    const { failure, said, asked } = await going({ "net-dumpxml lab-net": network(left), [remove]: "" }, [
      cluster,
      ...stack,
    ]);
    const line =
      "network lab-net reserved 192.168.222.103 for w-3, whose creation ended early: the reservation is deleted";
    expect([failure, said]).toEqual([undefined, [line]]);
    expect(asked).toEqual(["net-dumpxml lab-net", remove]);
  });

  test.each<[string, string, StateResource[]]>([
    ["of a worker with a step that deletes it", left, [cluster, step]],
    ["of a control plane", left, [cluster, fixed]],
    ["of a machine of yours", host("52:54:00:00:00:09", " name='w-3'"), [cluster]],
    ["without a name", host(mac, ""), [cluster]],
  ])("is not a reservation %s", async (_, hosts, resources) => {
    const { failure, said, asked } = await going({ "net-dumpxml lab-net": network(hosts) }, [...stack, ...resources]);
    expect([failure, said, asked]).toEqual([undefined, [], ["net-dumpxml lab-net"]]);
  });

  test("that libvirt refuses to delete is logged, and the rest continues", async () => {
    const answers = { "net-dumpxml lab-net": network(left), [remove]: new Error("error: no") };
    const { failure, said } = await going(answers, [cluster, ...stack]);
    const line = "network lab-net may keep a reservation of a worker that does not exist: Error: error: no";
    expect([failure, said]).toEqual([undefined, [line]]);
  });
});
