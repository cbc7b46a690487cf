import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { destruction } from "./cases/destruction.ts";
import { growth } from "./cases/growth.ts";
import { hold, holders } from "./cases/held.ts";
import { leaving } from "./cases/leaving.ts";
import { rolling, rollingBack } from "./cases/rolling.ts";
import { Lab } from "./lab.ts";

// Cases that take too long for every change, or break a machine on purpose, on a cluster of one worker.
const lab = new Lab("e2e");
const both = ["master", "worker-node-1"];
let identity: string;

/** Expects that the cluster is the same one, that both nodes are Ready, and that a preview shows no change. */
async function expectSameHealthyCluster(): Promise<void> {
  expect(await lab.readyNodes()).toEqual(both);
  expect(await lab.clusterIdentity()).toBe(identity);
  await lab.expectNothingToDo();
}

beforeAll(async () => {
  await lab.prepare();
  await lab.set("workers", "1");
  await lab.up();
  identity = await lab.clusterIdentity();
});
afterAll(() => lab.remove());

describe("a control plane", () => {
  it("of another size keeps the cluster, and the worker does not boot", async () => {
    const boots = await lab.bootIds(["worker-node-1"]);
    await lab.set("masterMemoryMiB", "2304");
    expect((await lab.announced()).filter((operation) => operation.includes("worker"))).toEqual([]);
    await lab.up();
    expect(await lab.bootIds()).toMatchObject(boots);
    await expectSameHealthyCluster();
  });

  it("whose machine was deleted is recreated on its data", async () => {
    await lab.virsh("destroy", "e2e-master");
    await lab.virsh("undefine", "e2e-master");
    await lab.up();
    await expectSameHealthyCluster();
  });
});

describe("a paused control plane and a stopped network", () => {
  it("run again after up, and no machine boots", async () => {
    const boots = await lab.bootIds();
    await lab.virsh("suspend", "e2e-master");
    await lab.virsh("net-destroy", "scheduler_benchmark_net");
    const up = await lab.up();
    expect(up.all).toContain("e2e-master is paused (user): resuming it");
    expect(up.all).toContain("network scheduler_benchmark_net is not active: starting it");
    expect(await lab.bootIds()).toEqual(boots);
    await expectSameHealthyCluster();
  });
});

describe("certificates", () => {
  /** End of a certificate on the control plane's disk. */
  const end = async (file: string) => {
    const [master] = await lab.nodes();
    return lab.ssh(master!.address, `openssl x509 -noout -enddate -in /etc/kubernetes/pki/${file}.crt`);
  };
  const kubeconfigSerial = async () => {
    const kubeconfig = await lab.pulumi("stack", "output", "kubeconfig", "--show-secrets");
    const [, data = ""] = /client-certificate-data: (\S+)/.exec(kubeconfig) ?? [];
    return new X509Certificate(Buffer.from(data, "base64")).serialNumber;
  };

  it("that have expired are renewed by one run, which also fetches the kubeconfig", async () => {
    const [master] = await lab.nodes();
    const minutes = 12;
    await lab.ssh(
      master!.address,
      [
        `sed 's/"kind": "ClusterConfiguration",/&\\n  "certificateValidityPeriod": "${minutes}m0s",/' /etc/nodeforge/kubeadm.yaml >/tmp/short.yaml`,
        "kubeadm certs renew all --config /tmp/short.yaml >/dev/null",
        "systemctl restart --no-block etcd kube-apiserver kube-controller-manager kube-scheduler",
      ].join(" && "),
    );
    const ended = Date.now() + minutes * 60_000;
    await lab.eventually("the API server", 5, async () => {
      expect(await lab.readyNodes()).toEqual(both);
    });
    const { deployment } = JSON.parse(await lab.pulumi("stack", "export")) as {
      deployment: { resources: { urn: string }[] };
    };
    const urn = deployment.resources.map(({ urn }) => urn).find((name) => name.endsWith("::e2e-master-kubeconfig"));
    await lab.pulumi("up", "--yes", "--skip-preview", "--target-replace", urn!);
    const short = await kubeconfigSerial();
    await sleep(Math.max(0, ended - Date.now()) + 30_000);
    const diagnosis = await lab.nodeforge("diagnose", [], 10);
    expect(diagnosis.all).toMatch(/Most likely: The cluster's certificates have expired/);
    await lab.up();
    expect(await kubeconfigSerial()).not.toBe(short);
    const inAYear = String(new Date(Date.now() + 364 * 24 * 60 * 60_000).getFullYear());
    for (const file of ["apiserver", "etcd/server", "front-proxy-client"]) expect(await end(file)).toContain(inAYear);
    await expectSameHealthyCluster();
  });
});

describe("a worker", () => {
  it("whose machine was deleted is recreated", async () => {
    await lab.virsh("destroy", "e2e-worker-node-1");
    await lab.virsh("undefine", "e2e-worker-node-1");
    await lab.up();
    await expectSameHealthyCluster();
  });

  it("without its kubelet's state joins again, after diagnose named the cause", async () => {
    const [, worker] = await lab.nodes();
    const boots = await lab.bootIds();
    await lab.ssh(
      worker!.address,
      "systemctl stop kubelet && rm -rf /var/lib/kubelet/pki /etc/kubernetes/kubelet.conf",
    );
    await lab.eventually("the node not to be Ready", 5, async () => {
      expect(await lab.readyNodes()).toEqual(["master"]);
    });
    const diagnosis = await lab.nodeforge("diagnose", [], 10);
    expect(diagnosis.exitCode).toBe(1);
    expect(diagnosis.all).toMatch(/worker-node-1: not Ready/);
    expect(diagnosis.all).toMatch(/Most likely: kubelet does not run on the node/);
    await lab.up();
    expect(await lab.bootIds()).toEqual(boots);
    await expectSameHealthyCluster();
  });

  it("joins again in one run after kubeadm reset, with the pod network of its new Node", async () => {
    const [, worker] = await lab.nodes();
    await lab.ssh(worker!.address, "kubeadm reset --force >/dev/null 2>&1");
    await lab.eventually("the node not to be Ready", 5, async () => {
      expect(await lab.readyNodes()).toEqual(["master"]);
    });
    const began = Date.now();
    const up = await lab.up();
    // The plan and the update wait for the kubelet once, together.
    expect(up.all.match(/still missing/g)).toBeNull();
    console.log(`the run took ${Math.round((Date.now() - began) / 1000)} s`);
    const range = await lab.kubectl("get", "node/worker-node-1", "-o", "jsonpath={.spec.podCIDR}");
    await lab.eventually("a pod on the worker", 5, async () => {
      const bridge = await lab.ssh(worker!.address, "ip -4 -o address show cni0");
      expect(bridge).toContain(` ${range.replace(/\.0\/24$/, ".1/24")} `);
    });
    expect(await lab.ssh(worker!.address, "ls -d /var/lib/kubelet/config.d")).toBe("/var/lib/kubelet/config.d");
    await expectSameHealthyCluster();
  });

  it("is removed at the time limit of its drain with drainPolicy force, in spite of a budget", async () => {
    await hold(lab, "worker-node-1");
    await lab.set("drainTimeoutMinutes", "1");
    await lab.set("workers", "0");
    const refused = await lab.nodeforge("up", ["--yes"], 20);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.all).toMatch(holders);
    expect(await lab.readyNodes()).toEqual(both);
    await lab.set("drainPolicy", "force");
    const forced = await lab.up();
    // Eviction was tried until the time limit. Then the pod was deleted, although its budget still exists.
    expect(forced.all).toContain("drainPolicy is force: deleting the remaining pods on worker-node-1");
    expect(forced.all).toMatch(/pod\/held-\S+ deleted/);
    expect(await lab.kubectl("get", "poddisruptionbudget/held", "-o", "name")).toContain("held");
    expect(await lab.readyNodes()).toEqual(["master"]);
    await lab.kubectl("delete", "deployment/held", "poddisruptionbudget/held");
    // Later cases expect an error of a drain that cannot finish.
    await lab.set("drainPolicy", "fail");
    await lab.set("workers", "1");
    await lab.up();
    await expectSameHealthyCluster();
  });
});

describe("an image that does not boot", () => {
  it("stops the roll at the first node, and is rolled back", async () => {
    const image = join(lab.folder, "broken.qcow2");
    await execa("qemu-img", ["create", "-q", "-f", "qcow2", image, "1G"]);
    const boots = await lab.bootIds(["worker-node-1"]);
    await lab.set("bootTimeoutMinutes", "4");
    const roll = await lab.nodeforge("roll", ["--image", image, "--yes"], 30);
    expect(roll.exitCode).not.toBe(0);
    expect(roll.all).toMatch(/npm run roll -- --undo` rolls back/);
    expect((await lab.virsh("list", "--name")).filter((name) => name.includes("worker"))).toHaveLength(1);
    const undo = await lab.nodeforge("roll", ["--undo", "--yes"], 30);
    expect(undo.exitCode, undo.all).toBe(0);
    expect(await lab.bootIds()).toMatchObject(boots);
    await expectSameHealthyCluster();
  });
});

growth(lab, 1);
growth(lab, 2);
leaving(lab, 3);
rolling(lab, 2);
rollingBack(lab, 2);
destruction(lab);
