import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { takeInventory } from "../../libvirt/inventory.ts";
import { refuseConflicts } from "../../preflight/refusal.ts";
import { deriveTopology } from "../../topology.ts";
import { virshFor } from "../../libvirt/virsh.ts";
import { PriorState } from "../../lifecycle/prior-state.ts";
import { configWith } from "../support/settings.ts";
import { answering } from "../support/virsh-answers.ts";
import { test as it } from "../support/folder.ts";

const { virsh } = answering({
  "list --all --name": "one\ntwo\n\n",
  "net-list --all --name": "default   \nlab\n\n",
  "pool-list --all --name": "vms      \n\n",
  "pool-list --name": "vms\n",
  "net-list --name": "default\n",
  "net-dumpxml default": "<network><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp/></ip></network>",
  "net-dumpxml lab": '<network><forward mode="bridge"/></network>',
  "pool-dumpxml vms":
    "<pool type='dir'><capacity unit='bytes'>1024</capacity><target><path>/vms</path></target></pool>",
  "vol-list --pool vms": " a.qcow2   /vms/a.qcow2\n b.iso     /vms/b.iso\n\n",
});

describe("the inventory of a hypervisor", () => {
  it("has domains, networks with their subnets, pools, and the volumes of one pool", async () => {
    const { networks, ...rest } = await takeInventory(virsh, "vms");
    expect(rest).toEqual({
      domains: ["one", "two"],
      pools: [{ name: "vms", isActive: true, type: "dir", capacity: 1024, path: "/vms" }],
      volumes: ["a.qcow2", "b.iso"],
    });
    expect(
      networks.map(({ name, isActive, subnets }) => [name, isActive, subnets.map(({ subnet }) => subnet.cidr)]),
    ).toEqual([
      ["default", true, ["192.168.122.0/24"]],
      ["lab", false, []],
    ]);
  });

  it("reads the pool again first, and has it as inactive if that deactivates it", async () => {
    const asked: string[] = [];
    let isMounted = true;
    const watched: typeof virsh = (...args) => {
      asked.push(args.join(" "));
      if (args[0] === "pool-list" && !isMounted && !args.includes("--all")) return Promise.resolve("\n");
      if (args[0] !== "pool-refresh") return virsh(...args);
      isMounted = false;
      return Promise.reject(new Error("cannot open directory '/vms': No such file or directory"));
    };
    const { pools, volumes } = await takeInventory(watched, "vms");
    expect(asked.indexOf("pool-refresh vms")).toBe(1);
    expect(pools).toMatchObject([{ name: "vms", isActive: false }]);
    expect(volumes).toEqual([]);
  });

  it("does not read a pool again that is missing or inactive", async () => {
    const asked: string[] = [];
    await takeInventory((...args) => (asked.push(args[0] ?? ""), virsh(...args)), "mine");
    expect(asked).not.toContain("pool-refresh");
  });

  it("has no volumes when the pool is missing", async () => {
    expect((await takeInventory(virsh, "mine")).volumes).toEqual([]);
  });
});

describe("a failing virsh", () => {
  let folder: string;
  it.beforeEach(({ folder: fresh }) => {
    folder = fresh;
  });
  it.afterEach(() => {
    vi.unstubAllEnvs();
  });

  const refusal = () => refuseConflicts(configWith(), deriveTopology(configWith()), new PriorState());

  it("refuses the run when it is missing, and names its package", async () => {
    vi.stubEnv("PATH", folder);
    await expect(refusal()).rejects.toThrow(/Nothing was created: .*\n.*virsh is not installed .*libvirt-clients/);
  });

  it("refuses the run when libvirt does not answer, with the reason", async () => {
    await writeFile(join(folder, "virsh"), "#!/bin/sh\necho 'error: failed to connect' >&2\nexit 1\n");
    await chmod(join(folder, "virsh"), 0o755);
    vi.stubEnv("PATH", `${folder}:/bin`);
    await expect(refusal()).rejects.toThrow(/qemu:\/\/\/system cannot be listed\.\n.*error: failed to connect/);
  });

  it("gets the hypervisor, and its arguments unchanged", async () => {
    await writeFile(join(folder, "virsh"), '#!/bin/sh\nprintf "%s|" "$@"\n');
    await chmod(join(folder, "virsh"), 0o755);
    vi.stubEnv("PATH", `${folder}:/bin`);
    expect(await virshFor("qemu+ssh://host/system")("desc", "a b")).toBe("-q|-c|qemu+ssh://host/system|desc|a b|");
  });

  it("is quoted in errors, so that its command can be pasted into a shell", async () => {
    vi.stubEnv("PATH", folder);
    await expect(virshFor("qemu+ssh://host/system?keyfile=/k&mode=auto")("list")).rejects.toThrow(
      "virsh -c 'qemu+ssh://host/system?keyfile=/k&mode=auto' list: virsh is not installed",
    );
    await expect(virshFor("qemu:///system")("list")).rejects.toThrow("virsh -c qemu:///system list: virsh is not");
  });
});
