import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openConsole } from "../../../cli/machines/console.ts";
import { machineOf, machinesOf } from "../../../cli/machines/machine.ts";
import { journalCommand, runOnNode } from "../../../cli/machines/node-session.ts";
import { clusterOfMachines } from "./cluster-state.ts";
import { FakeHypervisor, machines, off, running } from "./fake-hypervisor.ts";

const identity = JSON.stringify({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA" });
const state = clusterOfMachines([
  { name: "master", uuid: "id-1", identity },
  { name: "worker-node-1", uuid: "id-2" },
]);
const login = { user: "admin", keyPaths: ["/keys/id"] };

describe("a machine of the state", () => {
  test("has its node, its domain by UUID, and the identity of its bring-up", () => {
    expect(machinesOf(state).map(({ name, role, uuid, uri }) => [name, role, uuid, uri])).toEqual([
      ["master", "control-plane", "id-1", "qemu:///system"],
      ["worker-node-1", "worker", "id-2", "qemu:///system"],
    ]);
    expect(machineOf(state, "lab", "master")).toMatchObject({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA" });
    expect(machineOf(state, "lab", "lab-master").uuid).toBe("id-1");
  });

  test("is found by a name of the stack only", () => {
    expect(() => machineOf(state, "lab", "other")).toThrow(
      'stack lab has no node "other", it has master, worker-node-1. Fix: name one of them',
    );
    expect(() => machineOf({ resources: [], pending: [] }, "lab", "master")).toThrow(
      "stack lab has no machine. Fix: npm run up",
    );
  });
});

describe("ssh to a node", () => {
  /** Runs a command, and returns the arguments of ssh and the content of its file of host keys. */
  async function called(command: readonly string[], terminal: boolean) {
    let args: readonly string[] = [];
    let known = "";
    let path = "";
    const run = (program: string, given: readonly string[]) => {
      args = [program, ...given];
      path = /UserKnownHostsFile="(.*)"/.exec(given.join("\n"))?.[1] ?? "";
      known = readFileSync(path, "utf8");
      return Promise.resolve(7);
    };
    const code = await runOnNode(machineOf(state, "lab", "master"), login, command, { run, terminal });
    return { code, args, known, isLeft: existsSync(path) };
  }

  test("accepts the host key of the state only, passes the exit code on, and leaves no file", async () => {
    const { code, args, known, isLeft } = await called(["uptime", "-p"], true);
    expect(code).toBe(7);
    expect(args).toContain("StrictHostKeyChecking=yes");
    expect(args.slice(-6)).toEqual(["-l", "admin", "--", "192.168.222.10", "uptime", "-p"]);
    expect(args).toContain("/keys/id");
    expect(known).toBe("192.168.222.10 ssh-ed25519 AAAA\n");
    expect(isLeft).toBe(false);
  });

  test("asks for a terminal for a shell on a terminal, and never for a command or without one", async () => {
    expect((await called([], true)).args).toContain("-t");
    expect((await called(["uptime"], true)).args).not.toContain("-t");
    expect((await called([], false)).args).not.toContain("-t");
  });

  test("is refused for a node without a host key, with another way in", async () => {
    const run = () => Promise.reject(new Error("ssh was called"));
    await expect(runOnNode(machineOf(state, "lab", "worker-node-1"), login, [], { run })).rejects.toThrow(
      "the state has no host key of worker-node-1, because its bring-up did not finish. " +
        "Fix: npm run up; until then: npm run console -- worker-node-1",
    );
  });
});

describe("the journal of a node", () => {
  const text = (user: string, request: Parameters<typeof journalCommand>[1]) => journalCommand(user, request).join(" ");

  test("is the kubelet's, containerd's and nodeforge's, 200 lines, without a request", () => {
    expect(text("admin", {})).toBe(
      "sudo -n journalctl --no-pager --unit 'kubelet' --unit 'containerd' --unit 'nodeforge-*' --lines 200",
    );
  });

  test("is that of a unit, since a time, followed", () => {
    expect(text("root", { unit: "etcd", since: "10 min ago", follow: true })).toBe(
      "journalctl --no-pager --unit 'etcd' --since '10 min ago' --follow",
    );
    expect(text("root", { unit: "etcd", lines: 5, more: ["--boot=-1"] })).toBe(
      "journalctl --no-pager --unit 'etcd' --lines 5 '--boot=-1'",
    );
  });

  test("quotes every word for the node's shell", () => {
    expect(text("root", { unit: "$(reboot)", since: "a'b" })).toContain("--unit '$(reboot)' --since 'a'\\''b'");
  });
});

describe("the console of a machine", () => {
  const [machine] = machines;
  if (machine === undefined) throw new Error("a machine is needed");
  const open = async (hypervisor: FakeHypervisor, terminal: boolean, uri = "qemu+ssh://host/system") => {
    const calls: (readonly string[])[] = [];
    const run = (program: string, args: readonly string[]) => {
      calls.push([program, ...args]);
      return Promise.resolve(0);
    };
    await openConsole({ ...machine, uri }, { ...hypervisor.options, run, terminal });
    return calls;
  };

  test("is opened by its UUID, also on another machine, with a hint how to leave", async () => {
    const hypervisor = new FakeHypervisor({ m: running() });
    expect(await open(hypervisor, true)).toEqual([
      ["virsh", "-c", "qemu+ssh://host/system", "console", "m", "--force"],
    ]);
    expect(hypervisor.said).toEqual(["serial console of m. Enter shows its prompt; Ctrl+] closes the console"]);
  });

  test("is refused without a terminal, and for a machine that does not run", async () => {
    await expect(open(new FakeHypervisor({ m: running() }), false)).rejects.toThrow(
      "the console of m needs a terminal",
    );
    await expect(open(new FakeHypervisor({ m: off() }), true)).rejects.toThrow("m is off, expected it to run. Fix");
    await expect(open(new FakeHypervisor({ m: running() }), true, "qemu+ext:///system")).rejects.toThrow(
      "the libvirt URI is not used",
    );
  });
});
