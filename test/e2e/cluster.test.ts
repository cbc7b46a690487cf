import { readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lab, type NodeOutput } from "./lab.ts";

const lab = new Lab("e2e");
const names = ["master", "worker-node-1", "worker-node-2"];
const workers = names.slice(1);
let nodes: NodeOutput[];

const addressOf = (name: string) => nodes.find((node) => node.name === name)?.address ?? "";
const onEveryNode = (command: string) => Promise.all(nodes.map(({ address }) => lab.ssh(address, command)));

beforeAll(async () => {
  await lab.prepare();
  const up = await lab.nodeforge("up", ["--yes"], 55);
  console.log(up.all);
  expect(up.exitCode).toBe(0);
  nodes = JSON.parse(await lab.pulumi("stack", "output", "nodes", "--json")) as NodeOutput[];
});

afterAll(() => {
  lab.remove();
  rmSync("Pulumi.e2e.yaml", { force: true });
});

describe("the nodes", () => {
  it("are exactly the expected ones, all Ready, says kubectl", async () => {
    const lines = (await lab.kubectl("get", "nodes", "--no-headers")).trim().split("\n");
    expect(lines.map((line) => line.split(/\s+/).slice(0, 2)).sort()).toEqual(names.map((name) => [name, "Ready"]));
  });

  it("announce the addresses that the outputs show and the network knows", async () => {
    const jsonpath =
      '{range .items[*]}{.metadata.name} {.status.addresses[0].type} {.status.addresses[0].address}{"\\n"}{end}';
    const seen = (await lab.kubectl("get", "nodes", "-o", `jsonpath=${jsonpath}`)).trim().split("\n").sort();
    expect(seen).toEqual(nodes.map(({ name, address }) => `${name} InternalIP ${address}`).sort());
    expect(addressOf("master")).toBe("192.168.222.10");
    const leases = (await lab.virsh("net-dhcp-leases", "scheduler_benchmark_net")).join("\n");
    for (const { name, address } of nodes)
      expect(leases).toMatch(new RegExp(`${address.replaceAll(".", "\\.")}/24\\s+${name}\\b`));
  });

  it("have the same names in libvirt, in Kubernetes and on themselves", async () => {
    expect((await lab.virsh("list", "--name")).sort()).toEqual(names.map((name) => `e2e-${name}`));
    expect((await onEveryNode("hostname")).sort()).toEqual(names);
    expect((await onEveryNode("hostname --fqdn")).sort()).toEqual(names.map((name) => `${name}.internal`));
  });

  it("came from one image and share nothing that must be unique", async () => {
    for (const command of [
      "cat /etc/machine-id",
      "cat /etc/ssh/ssh_host_ed25519_key.pub",
      "hostname",
      "cat /sys/class/net/e*/address",
    ]) {
      expect(new Set(await onEveryNode(command)).size, command).toBe(3);
    }
    expect(new Set(await onEveryNode("cat /etc/nodeforge/image.json")).size).toBe(1);
    const base = (await lab.virsh("vol-list", "nodeforge-e2e")).filter((line) => line.includes("-base-"));
    expect(base).toHaveLength(1);
  });

  it("have their control plane tainted and their workers not", async () => {
    const jsonpath = '{range .items[*]}{.metadata.name}={.spec.taints[*].key}{"\\n"}{end}';
    expect((await lab.kubectl("get", "nodes", "-o", `jsonpath=${jsonpath}`)).trim().split("\n").sort()).toEqual([
      "master=node-role.kubernetes.io/control-plane",
      "worker-node-1=",
      "worker-node-2=",
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

  it("sets the host name before anything of Kubernetes runs", async () => {
    for (const { name, address } of nodes) {
      const first = async (filter: string) =>
        Number(
          await lab.ssh(
            address,
            `journalctl -b -o json ${filter} | head -n 1 | sed 's/.*"__MONOTONIC_TIMESTAMP":"\\([0-9]*\\)".*/\\1/'`,
          ),
        );
      const named = await first(
        "_COMM=systemd -g 'Hostname set to <" + name + ">|systemd-hostnamed|Finished cloud-init-local'",
      );
      expect(named, name).toBeGreaterThan(0);
      for (const unit of units) {
        const started = await first(`-u ${unit} _TRANSPORT=stdout`);
        if (started > 0) expect(started, `${unit} on ${name}`).toBeGreaterThan(named);
      }
      expect(await first("-u kubelet _TRANSPORT=stdout"), name).toBeGreaterThan(named);
    }
  });

  it("has no unit that failed, and no control plane on a worker", async () => {
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

describe("secrets", () => {
  it("are on no seed disk", async () => {
    const seeds = (await lab.virsh("vol-list", "nodeforge-e2e")).filter((line) => line.includes("-seed-"));
    expect(seeds).toHaveLength(3);
    const texts = await onEveryNode(
      "tr -d '\\000' </dev/vdb | grep -aciE 'PRIVATE KEY|[a-z0-9]{6}\\.[a-z0-9]{16}' || true",
    );
    expect(texts).toEqual(["0", "0", "0"]);
  });

  it("are in the state in no readable form, nor in anything that was printed", async () => {
    const kubeconfig = await lab.pulumi("stack", "output", "kubeconfig", "--show-secrets");
    const clientKey = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
    expect(clientKey.length).toBeGreaterThan(100);
    for (const text of [lab.state(), ...lab.printed]) {
      expect(text).not.toContain(clientKey);
      expect(text).not.toMatch(/PRIVATE KEY-----/);
      expect(text).not.toMatch(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/);
    }
  });

  it("of joining are revoked", async () => {
    const filter = "--field-selector=type=bootstrap.kubernetes.io/token";
    expect(await lab.kubectl("-n", "kube-system", "get", "secrets", filter, "-o", "name")).toBe("");
  });
});

describe("pods", () => {
  const pod = (worker: string) => `probe-${worker}`;

  beforeAll(async () => {
    for (const worker of workers) {
      const overrides = { spec: { nodeName: worker, terminationGracePeriodSeconds: 1 } };
      await lab.kubectl(
        "run",
        pod(worker),
        "--image=nodeforge.local/smoke:1",
        "--image-pull-policy=Never",
        `--overrides=${JSON.stringify(overrides)}`,
        "--command",
        "--",
        "sh",
        "-c",
        `echo hello from ${worker}; cd /tmp && echo ${worker} >index.html && exec httpd -f -p 8080`,
      );
    }
    await lab.kubectl("wait", "pods", ...workers.map(pod), "--for=condition=Ready", "--timeout=240s");
    await lab.kubectl("expose", "pod", pod("worker-node-2"), "--name=probe", "--port=8080");
  });

  // A pod without a controller would rightly keep its node from being drained.
  afterAll(() => lab.kubectl("delete", "service/probe", ...workers.map((worker) => `pod/${pod(worker)}`)));

  it("reach each other across nodes, by address and by service name", async () => {
    const address = await lab.kubectl("get", "pod", pod("worker-node-2"), "-o", "jsonpath={.status.podIP}");
    const fetch = (host: string) =>
      lab.kubectl("exec", pod("worker-node-1"), "--", "wget", "-q", "-T", "20", "-O-", `http://${host}:8080/`);
    expect(await fetch(address)).toBe("worker-node-2");
    expect(await fetch("probe.default.svc.cluster.local")).toBe("worker-node-2");
  });

  it.each(workers)("on %s can be read and entered", async (worker) => {
    expect(await lab.kubectl("logs", pod(worker))).toBe(`hello from ${worker}`);
    expect(await lab.kubectl("exec", pod(worker), "--", "hostname")).toBe(pod(worker));
  });

  it("of the smoke check run on every worker and nowhere else", async () => {
    const jsonpath = "{.items[*].spec.nodeName}";
    const seen = await lab.kubectl("-n", "nodeforge-smoke", "get", "pods", "-o", `jsonpath=${jsonpath}`);
    expect(seen.split(" ").sort()).toEqual(workers);
  });
});

describe("a second run", () => {
  it("has nothing to do, says preview, also after asking libvirt and Kubernetes", async () => {
    const plain = await lab.nodeforge("preview", ["--expect-no-changes"], 5);
    expect(plain.exitCode, plain.all).toBe(0);
    const refreshed = await lab.nodeforge("preview", ["--refresh", "--expect-no-changes"], 10);
    expect(refreshed.exitCode, refreshed.all).toBe(0);
  });

  it("of up changes nothing and prints the node table again", async () => {
    const up = await lab.nodeforge("up", ["--yes", "--expect-no-changes"], 5);
    expect(up.exitCode, up.all).toBe(0);
    for (const { name, address } of nodes) expect(up.all).toMatch(new RegExp(`${name}.*${address}`));
  });
});

describe("destroy", () => {
  it("leaves no domain, volume, pool, network or file behind", async () => {
    const destroy = await lab.nodeforge("destroy", ["--yes"], 10);
    expect(destroy.exitCode, destroy.all).toBe(0);
    for (const list of [
      ["list", "--all", "--name"],
      ["pool-list", "--all", "--name"],
      ["net-list", "--all", "--name"],
    ]) {
      expect(await lab.virsh(...list), list.join(" ")).toEqual([]);
    }
    expect(readdirSync("/var/lib/libvirt").filter((name) => name.startsWith("nodeforge"))).toEqual([]);
  });
});
