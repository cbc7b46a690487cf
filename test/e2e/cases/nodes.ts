import { execa } from "execa";
import { connect } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { apparmorHelper } from "../../../tools/requirements.ts";
import type { Lab, NodeOutput } from "../lab.ts";

/** Checks a cluster of one control plane and two workers with kubectl, with virsh and on the machines. */
export function nodes(lab: Lab): void {
  describe("a cluster of two workers", () => {
    const names = ["master", "worker-node-1", "worker-node-2"];
    let nodes: readonly NodeOutput[];
    const addressOf = (name: string) => nodes.find((node) => node.name === name)?.address ?? "";
    const onEveryNode = (command: string) => Promise.all(nodes.map(({ address }) => lab.ssh(address, command)));
    beforeAll(async () => {
      nodes = await lab.nodes();
    });

    const workers = names.slice(1);
    describe("the nodes", () => {
      it("are exactly the expected ones, and all are Ready", async () => {
        const lines = (await lab.kubectl("get", "nodes", "--no-headers")).trim().split("\n");
        expect(lines.map((line) => line.split(/\s+/).slice(0, 2)).sort()).toEqual(names.map((name) => [name, "Ready"]));
      });

      it("are also shown by the context that up has merged into the user's kubeconfig", async () => {
        const context = ["--kubeconfig", lab.kubeconfig, "--context", "e2e"];
        const listed = await lab.kubectl(...context, "get", "nodes", "-o", "name");
        expect(listed.trim().split("\n").sort()).toEqual(names.map((name) => `node/${name}`));
      });

      it("have the addresses of the outputs and of the network's leases", async () => {
        const jsonpath =
          '{range .items[*]}{.metadata.name} {.status.addresses[0].type} {.status.addresses[0].address}{"\\n"}{end}';
        const seen = (await lab.kubectl("get", "nodes", "-o", `jsonpath=${jsonpath}`)).trim().split("\n").sort();
        expect(seen).toEqual(nodes.map(({ name, address }) => `${name} InternalIP ${address}`).sort());
        expect(addressOf("master")).toBe("192.168.222.10");
        const leases = (await lab.virsh("net-dhcp-leases", "scheduler_benchmark_net")).join("\n");
        for (const { name, address } of nodes)
          expect(leases).toMatch(new RegExp(`${address.replaceAll(".", "\\.")}/24\\s+${name}\\b`));
      });

      it("have the same names in libvirt, in Kubernetes and on the machines", async () => {
        expect((await lab.virsh("list", "--name")).sort()).toEqual(names.map((name) => `e2e-${name}`));
        expect((await onEveryNode("hostname")).sort()).toEqual(names);
        expect((await onEveryNode("hostname --fqdn")).sort()).toEqual(names.map((name) => `${name}.internal`));
      });

      it("have an AppArmor rule for each of their disks, and may only read their base image", async () => {
        const base = (await lab.virsh("vol-list", "nodeforge-e2e"))
          .find((line) => line.includes("-base-"))!
          .split(/\s+/)[1]!;
        for (const name of names) {
          const domain = `e2e-${name}`;
          const [uuid] = await lab.virsh("domuuid", domain);
          const input = (await lab.virsh("dumpxml", domain)).join("\n");
          const disks = (await lab.virsh("domblklist", domain)).map((line) => line.split(/\s+/)[1]!);
          expect(disks).toHaveLength(name === "master" ? 3 : 2);
          const { all } = await execa(apparmorHelper, ["-c", "-d", "-u", `libvirt-${uuid}`], { input, all: true });
          const rules = all.split("\n").map((line) => line.trim());
          const about = (path: string) => rules.filter((rule) => rule.includes(`"${path}"`));
          for (const disk of disks) expect(about(disk)).toEqual([`"${disk}" rwk,`]);
          expect(about(base)).toEqual([`"${base}" rk,`, `deny "${base}" w,`]);
          // virtlogd opens the log's file, and QEMU writes to a pipe.
          expect(about(`/var/log/libvirt/qemu/${domain}-console.log`)).toEqual([]);
        }
      });

      it("start from one image and share nothing that must be unique", async () => {
        const unique = [
          "/etc/machine-id",
          "/etc/ssh/ssh_host_ed25519_key.pub",
          "/etc/hostname",
          "/sys/class/net/e*/address",
        ];
        // One session reads all, because an emulated login takes seconds.
        const seen = await onEveryNode(unique.map((path) => `cat ${path}`).join(" && "));
        const lines = seen.map((text) => text.trim().split("\n"));
        expect(lines.map(({ length }) => length)).toEqual(lines.map(() => unique.length));
        for (const [index, path] of unique.entries())
          expect(new Set(lines.map((values) => values[index])).size, path).toBe(3);
        expect(new Set(await onEveryNode("cat /etc/nodeforge/image.json")).size).toBe(1);
        const base = (await lab.virsh("vol-list", "nodeforge-e2e")).filter((line) => line.includes("-base-"));
        expect(base).toHaveLength(1);
      });

      it("have a taint on the control plane only", async () => {
        const jsonpath = '{range .items[*]}{.metadata.name}={.spec.taints[*].key}{"\\n"}{end}';
        expect((await lab.kubectl("get", "nodes", "-o", `jsonpath=${jsonpath}`)).trim().split("\n").sort()).toEqual([
          "master=node-role.kubernetes.io/control-plane",
          "worker-node-1=",
          "worker-node-2=",
        ]);
      });
    });

    describe("the packet filter", () => {
      const ports = { ssh: 22, "etcd's clients": 2379, "etcd's members": 2380, "API server": 6443, kubelet: 10250 };
      const isOpen = (host: string, port: number) =>
        new Promise<boolean>((resolve) => {
          const socket = connect({ host, port });
          const end = (open: boolean) => (socket.destroy(), resolve(open));
          // A filtered port does not answer.
          socket.setTimeout(10_000, () => end(false));
          socket.on("connect", () => end(true)).on("error", () => end(false));
        });

      it("opens ssh and kubelet on every node, the API server on the control plane, and nothing else", async () => {
        for (const { name, address } of nodes) {
          const open = await Promise.all(
            Object.entries(ports).map(async ([what, port]) => ((await isOpen(address, port)) ? [what] : [])),
          );
          expect(open.flat(), name).toEqual(name === "master" ? ["ssh", "API server", "kubelet"] : ["ssh", "kubelet"]);
        }
      });

      it("is not the only protection of etcd, which listens on its own machine only", async () => {
        const listening = await lab.ssh(addressOf("master"), "ss --no-header --listening --tcp --numeric");
        const addresses = listening.split("\n").map((line) => line.split(/\s+/)[3] ?? "");
        expect(addresses.filter((address) => /:23(79|80|81)$/.test(address)).sort()).toEqual([
          "127.0.0.1:2379",
          "127.0.0.1:2380",
          "127.0.0.1:2381",
        ]);
      });
    });

    describe("the order of a boot", () => {
      const units = [
        "kubelet",
        "kube-proxy",
        "flanneld",
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
      ];

      it("has the host name set before any unit of Kubernetes starts", async () => {
        const firstLines = async ({ name, address }: NodeOutput) => {
          const filters = {
            named: `_COMM=systemd -g 'Hostname set to <${name}>|systemd-hostnamed|Finished cloud-init-local'`,
            ...Object.fromEntries(units.map((unit) => [unit, `-u ${unit} _TRANSPORT=stdout`])),
          };
          const time = `head -n 1 | sed -n 's/.*"__MONOTONIC_TIMESTAMP":"\\([0-9]*\\)".*/\\1/p'`;
          const commands = Object.entries(filters).map(
            ([what, filter]) => `echo ${what} $(journalctl -b -o json ${filter} | ${time})`,
          );
          const lines = (await lab.ssh(address, commands.join("\n"))).trim().split("\n");
          return new Map(lines.map((line) => line.split(" ")).map(([what, since]) => [what, Number(since ?? 0)]));
        };
        const seen = await Promise.all(nodes.map(async (node) => ({ name: node.name, first: await firstLines(node) })));
        for (const { name, first } of seen) {
          const named = first.get("named") ?? 0;
          expect(named, name).toBeGreaterThan(0);
          expect(first.get("kubelet"), name).toBeGreaterThan(named);
          for (const unit of units) {
            const started = first.get(unit) ?? 0;
            if (started > 0) expect(started, `${unit} on ${name}`).toBeGreaterThan(named);
          }
        }
      });

      it("ends without a failed unit, and without a control plane on a worker", async () => {
        expect(await onEveryNode("systemctl list-units --failed --plain --no-legend")).toEqual(["", "", ""]);
        for (const worker of workers) {
          const states = await lab.ssh(addressOf(worker), `systemctl is-active ${units.join(" ")} || true`);
          expect(states.split("\n")).toEqual([
            "active",
            "active",
            "active",
            "inactive",
            "inactive",
            "inactive",
            "inactive",
          ]);
        }
      });
    });
  });
}
