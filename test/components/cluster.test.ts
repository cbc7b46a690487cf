import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { clusterWith, counts } from "../support/cluster.ts";
import { ofType, one, promiseOf, registered, startMocks } from "../support/mocks.ts";
import { parseScriptInput } from "../support/script-input.ts";

beforeEach(() => startMocks());

describe("a cluster of one control plane and two workers", () => {
  it("has exactly these resources", async () => {
    await clusterWith();
    expect(counts()).toEqual({
      "nodeforge:index:Cluster": 1,
      "nodeforge:index:StoragePool": 1,
      "nodeforge:index:Network": 1,
      "nodeforge:index:BaseImage": 1,
      "nodeforge:index:Master": 1,
      "nodeforge:index:WorkerPool": 1,
      "nodeforge:index:Worker": 2,
      "nodeforge:index:NodeReadiness": 1,
      "nodeforge:index:Addons": 1,
      "nodeforge:index:CoreDns": 1,
      "nodeforge:index:SmokeCheck": 1,
      "random:index/randomUuid:RandomUuid": 1,
      "libvirt:index/pool:Pool": 1,
      "libvirt:index/network:Network": 1,
      "libvirt:index/volume:Volume": 8,
      "libvirt:index/domain:Domain": 3,
      "command:local:Command": 3,
      "command:remote:Command": 10,
      "pulumi:providers:kubernetes": 1,
      "kubernetes:core/v1:ServiceAccount": 1,
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": 1,
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": 1,
      "kubernetes:core/v1:ConfigMap": 2,
      "kubernetes:core/v1:Service": 2,
      "kubernetes:core/v1:Namespace": 1,
      "kubernetes:apps/v1:Deployment": 1,
      "kubernetes:apps/v1:DaemonSet": 1,
    });
  });

  it("outputs its nodes, endpoint, version and timings", async () => {
    const { cluster } = await clusterWith();
    const image = cluster.imageHash;
    const worker = {
      role: "worker",
      image,
      pool: "workers",
      address: expect.stringMatching(/^192\.168\.222\.10\d$/) as string,
    };
    expect(await promiseOf(cluster.nodes)).toEqual([
      { name: "master", role: "control-plane", image, address: "192.168.222.10" },
      { ...worker, name: "worker-node-1" },
      { ...worker, name: "worker-node-2" },
    ]);
    expect(await promiseOf(cluster.apiEndpoint)).toBe("https://192.168.222.10:6443");
    expect(await promiseOf(cluster.kubernetesVersion)).toBe("v1.36.3");
    expect(await promiseOf(cluster.timings)).toEqual({
      master: { boot: 1 },
      "worker-node-1": { join: 2, token: 1, ready: 4 },
      "worker-node-2": { join: 2, token: 1, ready: 4 },
      cluster: { ready: 3 },
    });
  });

  it("keeps its secrets secret", async () => {
    const { cluster, options } = await clusterWith();
    expect(await pulumi.isSecret(cluster.kubeconfig)).toBe(true);
    expect(await pulumi.isSecret(cluster.nodes)).toBe(false);
    for (const name of ["dev-worker-node-1-token", "dev-master-kubeconfig"]) {
      expect(options.of("Command", name).additionalSecretOutputs).toContain("stdout");
    }
    expect(options.of("Command", "dev-master-init").additionalSecretOutputs).toEqual(["connection"]);
    const shown = registered.filter(({ type }) => type.includes("Command")).map(({ inputs }) => inputs.create);
    expect(shown).toHaveLength(13);
    expect(JSON.stringify(shown)).not.toMatch(/abcdef\.0123456789abcdef|PRIVATE KEY/);
  });

  it("prints the progress of steps and not their results", async () => {
    await clusterWith();
    for (const { name, inputs } of registered.filter(({ type }) => type === "command:remote:Command")) {
      expect([name, inputs.logging, inputs.addPreviousOutputInEnv]).toEqual([name, "stderr", false]);
    }
  });
});

describe("readiness", () => {
  it("expects exactly the configured nodes, and runs again for every new machine", async () => {
    await clusterWith({ workers: "1" });
    const { stdin, triggers } = one("Command", "dev-ready").inputs;
    expect(parseScriptInput(stdin).stdin).toBe(
      "master 192.168.222.10 dev-master-id\nworker-node-1 192.168.222.101 dev-worker-node-1-ready-id\n",
    );
    expect(triggers).toEqual(["dev-master-id", "1"]);
  });
});

describe("domains", () => {
  it("have no CPU model under emulation, and the host's with kvm", async () => {
    await clusterWith({ workers: "0" });
    expect(one("Domain", "dev-master").inputs).toMatchObject({ type: "qemu", vcpu: 2, memory: 2048, autostart: true });
    expect(one("Domain", "dev-master").inputs).not.toHaveProperty("cpu");
    await startMocks();
    await clusterWith({ workers: "0", domainType: "kvm" });
    expect(one("Domain", "dev-master").inputs).toMatchObject({ type: "kvm", cpu: { mode: "host-passthrough" } });
  });

  it("wait for a lease, the control plane for its reserved one", async () => {
    await clusterWith({ workers: "1" });
    expect(one("Domain", "dev-master").inputs.networkInterfaces).toMatchObject([
      { networkName: "scheduler_benchmark_net", addresses: ["192.168.222.10"], waitForLease: true },
    ]);
    const [lan] = one("Domain", "dev-worker-node-1").inputs.networkInterfaces as object[];
    expect(lan).toMatchObject({ hostname: "worker-node-1", waitForLease: true });
    expect(lan).not.toHaveProperty("addresses");
  });

  it("wait for no lease if the node sets its own address", async () => {
    await clusterWith({ workers: "1", workerAddressing: "static" });
    expect(one("Domain", "dev-worker-node-1").inputs.networkInterfaces).toMatchObject([{ waitForLease: false }]);
    expect(one("Command", "dev-worker-node-1-host-key").inputs.environment).not.toHaveProperty("NETWORK");
  });
});

describe("an existing pool and network", () => {
  it("are used by name, and none is created", async () => {
    await clusterWith({ storagePool: "default", network: "lab", workers: "1" });
    expect(ofType("Pool")).toEqual([]);
    expect(registered.filter(({ type }) => type === "libvirt:index/network:Network")).toEqual([]);
    expect(one("Volume", "dev-worker-node-1-root").inputs.pool).toBe("default");
  });

  it.each(["dhcp", "static"])("get no reservation: no lease, host name or address is requested (%s)", async (kind) => {
    await clusterWith({ network: "lab", workerAddressing: kind, workers: "1" });
    for (const name of ["dev-master", "dev-worker-node-1"]) {
      expect(one("Domain", name).inputs.networkInterfaces).toEqual([
        { networkName: "lab", mac: expect.stringMatching(/^52:54:/) as string, waitForLease: false },
      ]);
      expect(one("Command", `${name}-host-key`).inputs.environment).not.toHaveProperty("NETWORK");
    }
  });
});

describe("simulated nodes", () => {
  const simulatedNodes = JSON.stringify([
    { name: "big", count: 3 },
    { name: "none", count: 0 },
  ]);

  it("are one step without pools of its own, which nothing of a cluster without them has", async () => {
    const { cluster: plain } = await clusterWith();
    expect(plain.simulatedNodes).toEqual({});
    const without = counts();
    expect(without).not.toHaveProperty("nodeforge:index:SimulatedNodes");
    await startMocks();
    const { cluster, options } = await clusterWith({ simulatedNodes });
    expect(counts()).toEqual({
      ...without,
      "nodeforge:index:SimulatedNodes": 1,
      "command:remote:Command": without["command:remote:Command"]! + 1,
    });
    expect(cluster.simulatedNodes).toEqual({ big: 3 });
    const { deletedWith } = options.of("Command", "dev-simulated");
    expect(await promiseOf((deletedWith as pulumi.Resource).urn)).toMatch(/RandomUuid::dev-id$/);
  });

  it("appear in no input of the gate, of a join or of an add-on", async () => {
    const inputs = () =>
      registered
        .filter(({ name }) => name !== "dev-simulated")
        .map(({ type, name, inputs }) => [type, name, JSON.stringify(inputs)]);
    await clusterWith();
    const without = inputs();
    await startMocks();
    await clusterWith({ simulatedNodes });
    expect(inputs()).toEqual(without);
  });
});

describe("add-ons", () => {
  it("are deleted with the control plane, each of them", async () => {
    const { options } = await clusterWith();
    const kinds = registered.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(kinds).toHaveLength(10);
    for (const { type, name } of kinds) {
      const { deletedWith } = options.of(type.split(":").at(-1)!, name);
      expect(await promiseOf((deletedWith as pulumi.Resource).urn), `${type} ${name}`).toMatch(/Domain::dev-master$/);
    }
  });

  it("have no smoke check without workers, or if the configuration disables it", async () => {
    await clusterWith({ workers: "0" });
    expect(ofType("DaemonSet")).toEqual([]);
    expect(ofType("Deployment")).toHaveLength(1);
    await startMocks();
    await clusterWith({ smokeCheck: "false" });
    expect(ofType("DaemonSet")).toEqual([]);
  });

  it("keep the smoke check off control planes and simulated nodes", async () => {
    await clusterWith();
    expect(one("DaemonSet", "dev-addons-smoke").inputs.spec).toMatchObject({
      template: {
        spec: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  {
                    matchExpressions: [
                      { key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" },
                      { key: "nodeforge.local/simulated", operator: "DoesNotExist" },
                    ],
                  },
                ],
              },
            },
          },
        },
      },
    });
  });

  it("have the name server at the address that kubeadm gives to every kubelet", async () => {
    await clusterWith({ serviceCidr: "10.100.0.0/16" });
    expect(ofType("Service").map(({ inputs }) => (inputs.spec as { clusterIP: string }).clusterIP)).toContain(
      "10.100.0.10",
    );
  });
});

describe("the provider of the add-ons", () => {
  const provider = ({ type }: { type: string }) => type === "pulumi:providers:kubernetes";
  const gate = ({ type, name }: { type: string; name: string }) => type.startsWith("command:") && name === "dev-ready";
  const isAfterGate = () => {
    expect(registered.filter((resource) => provider(resource) || gate(resource))).toHaveLength(2);
    return registered.findIndex(provider) > registered.findIndex(gate);
  };
  const silent = { lost: new Set<string>(), degraded: true, silent: true };

  it("waits for the gate where the API server does not answer, because it gives up at once", async () => {
    await clusterWith({}, { health: silent });
    expect(isAfterGate()).toBe(true);
    expect(registered.find(provider)?.inputs.kubeconfig).toMatchObject({ value: "kubeconfig of the mocks" });
  });

  it("waits for no worker where the API server answers", async () => {
    await clusterWith({}, { health: { ...silent, silent: false } });
    expect(isAfterGate()).toBe(false);
  });
});
