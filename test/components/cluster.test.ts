import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Cluster, type ClusterArgs } from "../../components/cluster.ts";
import type { Worker } from "../../components/worker.ts";
import recordSchema from "../../docs/run-record.schema.json" with { type: "json" };
import { foundation } from "../../lifecycle/known-cluster.ts";
import { knownOf } from "../support/known.ts";
import { ofType, one, promiseOf, recordOptions, registered, settled, startMocks } from "../support/mocks.ts";
import { configWith } from "../support/settings.ts";

vi.mock("../../cloud-init/iso.ts", () => ({ writeIso: (seed: { digest: string }) => `/seeds/${seed.digest}.iso` }));

beforeEach(startMocks);

async function clusterWith(raw: Record<string, string> = {}, found: Omit<ClusterArgs, "config"> = {}) {
  const options = recordOptions();
  const args = { config: configWith(raw), ...found };
  const cluster = new Cluster("dev", args, { transformations: [options.transformation] });
  await promiseOf(cluster.timings);
  await settled();
  return { cluster, options };
}

/** The Node that a step is handed after its script. */
const nodeIn = (stdin: unknown) =>
  JSON.parse(String(stdin).split("\nesac\n").at(-1)!) as { metadata: { labels: Record<string, string> } };

const counts = () => {
  const count: Record<string, number> = {};
  for (const { type } of registered) count[type] = (count[type] ?? 0) + 1;
  return count;
};

describe("a cluster of one control plane and two workers", () => {
  it("is exactly these resources", async () => {
    await clusterWith();
    expect(counts()).toEqual({
      "nodeforge:index:Cluster": 1,
      "nodeforge:index:StoragePool": 1,
      "nodeforge:index:Network": 1,
      "nodeforge:index:BaseImage": 1,
      "nodeforge:index:Master": 1,
      "nodeforge:index:WorkerPool": 1,
      "nodeforge:index:Worker": 2,
      "nodeforge:index:VirtualMachine": 3,
      "nodeforge:index:CloudInitDisk": 3,
      "nodeforge:index:BootstrapToken": 2,
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

  it("shows its nodes, endpoint, version and timings", async () => {
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

  it("streams no result, only progress", async () => {
    await clusterWith();
    for (const { name, inputs } of registered.filter(({ type }) => type === "command:remote:Command")) {
      expect([name, inputs.logging, inputs.addPreviousOutputInEnv]).toEqual([name, "stderr", false]);
    }
  });
});

describe("a worker", () => {
  it("boots from an overlay of the one image and a seed of its own", async () => {
    await clusterWith();
    const base = ofType("Volume").find(({ name }) => name.startsWith("dev-base-"))!;
    expect(base.name).toMatch(/^dev-base-[0-9a-f]{12}$/);
    for (const node of ["dev-master", "dev-worker-node-1", "dev-worker-node-2"]) {
      expect(one("Volume", `${node}-root`).inputs).toEqual({
        pool: "nodeforge-dev",
        baseVolumeId: `${base.name}-id`,
        size: 20 * 1024 ** 3,
        format: "qcow2",
      });
    }
    const seeds = ofType("Volume").filter(({ name }) => name.includes("-seed-"));
    expect(new Set(seeds.map(({ inputs }) => inputs.source)).size).toBe(3);
    expect(seeds.every(({ inputs }) => inputs.format === "iso")).toBe(true);
  });

  it("is minted a token of its own and joins with it on stdin", async () => {
    await clusterWith();
    const token = one("Command", "dev-worker-node-2-token").inputs;
    expect(token.triggers).toEqual(["dev-worker-node-2-id", "1"]);
    expect(token.create).toMatch(/ mint-token$/);
    expect(token.update).toMatch(/ renew-token$/);
    // The longest drain there can be, and what comes before and after it.
    expect(token.delete).toMatch(/^timeout .* 15600 .* leave$/);
    expect(token.stdin).toMatch(
      /^\d+\ncase \$0 in\nmint-token\)\nWORKER_NAME='worker-node-2'\nWORKER_ADDRESS='192\.168\.222\.10\d'\nTOKEN_TTL_MINUTES='30'\n/,
    );
    // How long pods may take is asked when it leaves, not when it joins.
    expect(token.stdin).toMatch(
      /\nleave\)\nWORKER_NAME='worker-node-2'\nWORKER_ADDRESS='192\.168\.222\.10\d'\nWORKER_MAC='52:54(:[0-9a-f]{2}){4}'\nIMAGE_CONTRACT='\d+'\n#/,
    );
    const join = one("Command", "dev-worker-node-2-join").inputs;
    expect(join.triggers).toEqual(["dev-worker-node-2-id", "1"]);
    // On its way to the engine a secret is wrapped.
    const { value, ...wrapper } = join.stdin as { value: string };
    expect(Object.keys(wrapper)).toHaveLength(1);
    expect(value).toContain("abcdef.0123456789abcdef");
    expect(value).toMatch(/NODE_ADDRESS='192\.168\.222\.10\d'/);
  });

  it("leaves before it is let in again, and not at all when the whole cluster goes", async () => {
    const { options } = await clusterWith();
    const { deletedWith, deleteBeforeReplace } = options.of("Command", "dev-worker-node-1-token");
    expect(await promiseOf((deletedWith as pulumi.Resource).urn)).toContain("RandomUuid::dev-id");
    expect(deleteBeforeReplace).toBe(true);
    expect(options.of("Command", "dev-worker-node-1-join").deletedWith).toBeUndefined();
  });

  it("is shut down in order, but not when the whole cluster goes", async () => {
    const { options } = await clusterWith();
    const { deletedWith } = options.of("Command", "dev-worker-node-1-host-key");
    expect(await promiseOf((deletedWith as pulumi.Resource).urn)).toContain("RandomUuid::dev-id");
    const { create, environment, ...command } = one("Command", "dev-worker-node-1-host-key").inputs;
    expect([create, command.delete]).toEqual(["node operator/read-identity.ts", "node operator/shut-down.ts"]);
    expect(environment).toEqual({
      LIBVIRT_URI: "qemu:///system",
      DOMAIN: "dev-worker-node-1",
      DOMAIN_ID: "dev-worker-node-1-id",
      MAC: expect.stringMatching(/^52:54:/) as string,
      LIMIT_SECONDS: "1200",
      NETWORK: "scheduler_benchmark_net",
    });
    // The control plane's reservation is part of the cluster.
    expect(one("Command", "dev-master-host-key").inputs.environment).not.toHaveProperty("NETWORK");
  });

  it("is not new before the control plane has seen it Ready, with its image and pool as labels", async () => {
    const { cluster } = await clusterWith();
    const { create, stdin, triggers } = one("Command", "dev-worker-node-1-ready").inputs;
    // Two limits of 20 minutes, and five more.
    expect(create).toMatch(/^timeout .* 2700 .* worker-ready$/);
    expect(stdin).toContain("WORKER_NAME='worker-node-1'\nREADY_TIMEOUT_SECONDS='1200'\nTAINTS=''\n");
    expect(nodeIn(stdin)).toEqual({
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name: "worker-node-1",
        labels: { "nodeforge.local/image": cluster.imageHash.slice(0, 12), "nodeforge.local/pool": "workers" },
      },
    });
    expect(triggers).toEqual(["dev-worker-node-1-join-id", "dev-worker-node-1-id"]);
  });

  it("starts from the image again when its machine becomes another one", async () => {
    const { options } = await clusterWith();
    const signature = /, machine ([0-9a-f]{12})$/.exec(String(one("Domain", "dev-worker-node-1").inputs.description));
    expect(signature?.[1]).toBeDefined();
    expect(options.of("Volume", "dev-worker-node-1-root").replacementTrigger).toBe(signature?.[1]);
  });

  it("is replaced whole: the old machine goes before its disk, and before there is a new one", async () => {
    const { options } = await clusterWith();
    expect(options.of("Domain", "dev-worker-node-1").deleteBeforeReplace).toBe(true);
    expect(options.of("Volume", "dev-worker-node-1-root").deleteBeforeReplace).toBe(true);
    expect(options.of("Domain", "dev-worker-node-1").customTimeouts).toEqual({ create: "20m" });
  });
});

describe("joins", () => {
  it("go in waves: each waits for the one a wave before", async () => {
    const { options } = await clusterWith({ workers: "5", joinWaveSize: "2" });
    const waitsFor = (index: number) => {
      const { dependsOn = [] } = options.of("BootstrapToken", `dev-worker-node-${index}-token`);
      return (dependsOn as Worker[]).map(({ node }) => node.name);
    };
    expect([1, 2, 3, 4, 5].map(waitsFor)).toEqual([[], [], ["worker-node-1"], ["worker-node-2"], ["worker-node-3"]]);
  });
});

describe("worker pools", () => {
  const image = join(mkdtempSync(join(tmpdir(), "nodeforge-pools-")), "other.qcow2");
  afterAll(() => rmSync(dirname(image), { recursive: true }));
  writeFileSync(image, Buffer.from("514649fb00000003ff", "hex"));
  const pools = [
    { name: "small", count: 2, labels: ["size=small"] },
    { name: "big", count: 1, vcpus: 4, memoryMiB: 4096, diskGiB: 40, taints: ["a=b:NoSchedule"], image },
  ];
  const settings = { workerPools: JSON.stringify(pools), joinWaveSize: "2" };
  const namesOf = (resources: ReturnType<typeof ofType>) => resources.map(({ name }) => name).sort();
  const bases = () => ofType("Volume").filter(({ name }) => name.startsWith("dev-base-"));

  it("are a component each, whose machines have the pool's size and image", async () => {
    const { cluster } = await clusterWith(settings);
    const usual = cluster.imageHash;
    const other = createHash("sha256").update(readFileSync(image)).digest("hex");
    const base = (sha256: string) => `dev-base-${sha256.slice(0, 12)}`;
    expect(namesOf(ofType("WorkerPool"))).toEqual(["dev-big", "dev-small"]);
    expect(one("Domain", "dev-worker-big-1").inputs).toMatchObject({ vcpu: 4, memory: 4096 });
    expect(one("Domain", "dev-worker-small-1").inputs).toMatchObject({ vcpu: 2, memory: 2048 });
    for (const made of [ofType("BaseImage"), bases()]) expect(namesOf(made)).toEqual([base(usual), base(other)].sort());
    for (const node of ["master", "worker-small-1", "worker-small-2"]) {
      expect(one("Volume", `dev-${node}-root`).inputs.baseVolumeId).toBe(`${base(usual)}-id`);
    }
    const root = one("Volume", "dev-worker-big-1-root").inputs;
    expect(root).toMatchObject({ baseVolumeId: `${base(other)}-id`, size: 40 * 1024 ** 3 });
    const nodes = await promiseOf(cluster.nodes);
    expect(nodes.map(({ pool }) => pool)).toEqual([undefined, "small", "small", "big"]);
    expect(nodes.map((node) => node.image)).toEqual([usual, usual, usual, other]);
  });

  it("shows in its nodes and timings what the record of a run may hold", async () => {
    const { cluster } = await clusterWith(settings);
    const { nodes, timings } = recordSchema.properties;
    const shown = { nodes: await promiseOf(cluster.nodes), timings: await promiseOf(cluster.timings) };
    const validate = new Ajv2020({ strict: true }).compile({ type: "object", properties: { nodes, timings } });
    expect(shown.nodes).toHaveLength(4);
    expect(validate(shown), JSON.stringify(validate.errors)).toBe(true);
  });

  it("give each worker its own pool's labels and taints; it joins with the taints", async () => {
    await clusterWith(settings);
    const ready = (name: string) => one("Command", `dev-${name}-ready`).inputs.stdin;
    const join = (name: string) => (one("Command", `dev-${name}-join`).inputs.stdin as { value: string }).value;
    expect(nodeIn(ready("worker-small-2")).metadata.labels).toMatchObject({
      size: "small",
      "nodeforge.local/pool": "small",
    });
    expect(nodeIn(ready("worker-big-1")).metadata.labels).not.toHaveProperty("size");
    expect(ready("worker-small-2")).toContain("\nTAINTS=''\n");
    expect(ready("worker-big-1")).toContain("\nTAINTS='a=b:NoSchedule'\n");
    expect(join("worker-small-2")).not.toContain("NoSchedule");
    expect(join("worker-big-1")).toContain("NoSchedule");
  });

  it("share one image when their images are the same, wherever they lie", async () => {
    const copy = `${image}.copy`;
    copyFileSync(image, copy);
    const both = [image, copy].map((path, index) => ({ name: `p${index}`, count: 1, image: path }));
    await clusterWith({ workerPools: JSON.stringify(both) });
    expect(bases()).toHaveLength(2);
    expect(one("Volume", "dev-worker-p0-1-root").inputs.baseVolumeId).toBe(
      one("Volume", "dev-worker-p1-1-root").inputs.baseVolumeId,
    );
  });

  it("join in waves that count through all of them", async () => {
    const { options } = await clusterWith(settings);
    const waitsFor = (name: string) =>
      ((options.of("BootstrapToken", `dev-${name}-token`).dependsOn ?? []) as Worker[]).map(({ node }) => node.name);
    expect(["worker-small-1", "worker-small-2", "worker-big-1"].map(waitsFor)).toEqual([[], [], ["worker-small-1"]]);
  });
});

describe("readiness", () => {
  it("expects exactly the nodes there are, and hears of every new machine", async () => {
    await clusterWith({ workers: "1" });
    const { stdin, triggers } = one("Command", "dev-ready").inputs;
    expect(stdin).toMatch(/esac\nmaster dev-master-id\nworker-node-1 dev-worker-node-1-ready-id\n$/);
    expect(triggers).toEqual(["dev-master-id", "1"]);
  });
});

describe("the control plane", () => {
  it("has its data on a protected disk of its own, the only one with a serial number", async () => {
    const { options } = await clusterWith();
    const data = one("Volume", "dev-master-data");
    expect(data.inputs).toEqual({
      name: "dev-master-data-00000000.qcow2",
      pool: "nodeforge-dev",
      size: 10 * 1024 ** 3,
      format: "qcow2",
    });
    expect(options.of("Volume", "dev-master-data").protect).toBe(true);
    const master = one("Domain", "dev-master").inputs;
    expect(master.disks).toHaveLength(3);
    expect(master.disks).toMatchObject([{}, {}, { volumeId: `${data.name}-id` }]);
    expect((master.xml as { xslt: string }).xslt).toContain("@dev='vdc'");
    const worker = one("Domain", "dev-worker-node-1").inputs;
    expect(worker.disks).toHaveLength(2);
    expect((worker.xml as { xslt: string }).xslt).not.toContain("<serial>");
  });

  it("has an unprotected one when the stack says so", async () => {
    const { options } = await clusterWith({ masterDataProtected: "false", masterDataDiskGiB: "3" });
    expect(options.of("Volume", "dev-master-data").protect).toBe(false);
    expect(one("Volume", "dev-master-data").inputs.size).toBe(3 * 1024 ** 3);
  });

  it("is told on each machine what it is, in place, and how workers leave", async () => {
    const { cluster } = await clusterWith({ drainPolicy: "force", drainGraceSeconds: "30", drainTimeoutMinutes: "7" });
    const { stdin, triggers } = one("Command", "dev-master-init").inputs;
    expect(triggers).toBeUndefined();
    expect(stdin).toContain(`IMAGE='${cluster.imageHash.slice(0, 12)}'\nMACHINE='dev-master-id'\n`);
    const policy = one("Command", "dev-master-drain-policy").inputs;
    expect(policy.create).toMatch(/ set-drain-policy$/);
    expect(policy.stdin).toContain("DRAIN_TIMEOUT_MINUTES='7'\nDRAIN_GRACE_SECONDS='30'\nDRAIN_POLICY='force'\n");
  });

  const identity = { address: "192.168.222.10", hostKey: "ssh-ed25519 KEPT" };
  const before = (foundationOf = configWith()) => ({
    "Command dev-master-init": {},
    "Command dev-master-host-key": { stdout: JSON.stringify(identity) },
    "RandomUuid dev-id": { keepers: foundation(foundationOf) },
  });
  const hostKeyOf = (name: string) => JSON.stringify(one("Command", name).inputs.connection);

  it("is the same host on another machine: its data disk brought the key along", async () => {
    await clusterWith({}, { known: knownOf(before()) });
    expect(hostKeyOf("dev-master-init")).toContain("ssh-ed25519 KEPT");
    expect(hostKeyOf("dev-worker-node-1-join")).toContain("ssh-ed25519 AAAA");
  });

  it("is another cluster, on another host, once its data was given up", async () => {
    await clusterWith({}, { known: knownOf(before()), dataLost: true });
    expect(hostKeyOf("dev-master-init")).toContain("ssh-ed25519 AAAA");
    expect(one("RandomUuid", "dev-id").inputs.keepers).toEqual({ ...foundation(configWith()), losses: "1" });
  });

  it("is another host where the cluster is another one", async () => {
    await clusterWith({}, { known: knownOf(before(configWith({ networkCidr: "192.168.223.0/24" }))) });
    expect(hostKeyOf("dev-master-init")).toContain("ssh-ed25519 AAAA");
  });
});

describe("machines that are in use and become others", () => {
  const olds = Object.fromEntries(
    [1, 2, 3].map((number) => [
      `Domain dev-worker-node-${number}`,
      { description: "nodeforge cluster dev, machine 0" },
    ]),
  );
  const nameOf = async (resource: pulumi.Resource | Promise<pulumi.Resource>) =>
    (await promiseOf((await resource).urn)).split("::").at(-1);
  function turnsIn(options: ReturnType<typeof recordOptions>) {
    const turns = [1, 2, 3, 4].map((number) => options.of("VirtualMachine", `dev-worker-node-${number}`).dependsOn);
    return Promise.all(turns.map((turn) => Promise.all((turn as pulumi.Resource[]).map(nameOf))));
  }
  async function turns(raw: Record<string, string>) {
    const { options } = await clusterWith({ workers: "4", ...raw }, { known: knownOf(olds) });
    return turnsIn(options);
  }

  it("wait for the control plane and for each other; a new one waits for nobody", async () => {
    expect(await turns({})).toEqual([
      ["dev-master"],
      ["dev-master", "dev-worker-node-1-ready"],
      ["dev-master", "dev-worker-node-2-ready"],
      [],
    ]);
  });

  it("go as many at a time as may be away", async () => {
    expect(await turns({ maxUnavailable: "2" })).toEqual([
      ["dev-master"],
      ["dev-master"],
      ["dev-master", "dev-worker-node-1-ready", "dev-worker-node-2-ready"],
      [],
    ]);
  });

  it("wait for one that is away already, also for one after them; that one waits for no other worker", async () => {
    const away = { "Worker dev-worker-node-3": {} };
    const { options } = await clusterWith(
      { workers: "4", joinWaveSize: "1" },
      { known: knownOf({ ...olds, ...away }) },
    );
    expect(await turnsIn(options)).toEqual([
      ["dev-master", "dev-worker-node-3-ready"],
      ["dev-master", "dev-worker-node-3-ready", "dev-worker-node-1-ready"],
      ["dev-master"],
      [],
    ]);
    const waves = [1, 2, 3, 4].map(
      (number) => options.of("BootstrapToken", `dev-worker-node-${number}-token`).dependsOn,
    );
    expect(waves.map((wave) => (wave as Worker[] | undefined)?.map(({ node }) => node.name))).toEqual([
      undefined,
      ["worker-node-1"],
      undefined,
      ["worker-node-3"],
    ]);
  });
});

describe("a node that was lost", () => {
  it("is let in again, and nobody else; all are asked for anew", async () => {
    const known = knownOf({
      "Command dev-worker-node-1-token": { triggers: ["dev-worker-node-1-id", "2"] },
      "Command dev-worker-node-2-token": { triggers: ["dev-worker-node-2-id", "5"] },
      "Command dev-ready": { triggers: ["dev-master-id", "3"] },
    });
    await clusterWith({}, { known, health: { lost: new Set(["worker-node-2"]), unwell: true } });
    const generation = (name: string) => (one("Command", `dev-${name}`).inputs.triggers as string[]).at(-1);
    expect(["worker-node-1-token", "worker-node-1-join"].map(generation)).toEqual(["2", "2"]);
    expect(["worker-node-2-token", "worker-node-2-join"].map(generation)).toEqual(["6", "6"]);
    expect(generation("ready")).toBe("4");
  });
});

describe("domains", () => {
  it("leave the CPU model alone when emulated and pass it through with kvm", async () => {
    await clusterWith({ workers: "0" });
    expect(one("Domain", "dev-master").inputs).toMatchObject({ type: "qemu", vcpu: 2, memory: 2048, autostart: true });
    expect(one("Domain", "dev-master").inputs).not.toHaveProperty("cpu");
    await startMocks();
    await clusterWith({ workers: "0", domainType: "kvm" });
    expect(one("Domain", "dev-master").inputs).toMatchObject({ type: "kvm", cpu: { mode: "host-passthrough" } });
  });

  it("wait for a lease, the control plane for the reserved one", async () => {
    await clusterWith({ workers: "1" });
    expect(one("Domain", "dev-master").inputs.networkInterfaces).toMatchObject([
      { networkName: "scheduler_benchmark_net", addresses: ["192.168.222.10"], waitForLease: true },
    ]);
    const [lan] = one("Domain", "dev-worker-node-1").inputs.networkInterfaces as object[];
    expect(lan).toMatchObject({ hostname: "worker-node-1", waitForLease: true });
    expect(lan).not.toHaveProperty("addresses");
  });

  it("wait for none where the node sets its address itself", async () => {
    await clusterWith({ workers: "1", workerAddressing: "static" });
    expect(one("Domain", "dev-worker-node-1").inputs.networkInterfaces).toMatchObject([{ waitForLease: false }]);
    expect(one("Command", "dev-worker-node-1-host-key").inputs.environment).not.toHaveProperty("NETWORK");
  });
});

describe("what is not ours", () => {
  it("is used by name: no pool and no network is made", async () => {
    await clusterWith({ storagePool: "default", network: "lab", workers: "1" });
    expect(ofType("Pool")).toEqual([]);
    expect(registered.filter(({ type }) => type === "libvirt:index/network:Network")).toEqual([]);
    expect(one("Volume", "dev-worker-node-1-root").inputs.pool).toBe("default");
  });

  it.each(["dhcp", "static"])("never gets a reservation: no lease, name or address is asked for (%s)", async (kind) => {
    await clusterWith({ network: "lab", workerAddressing: kind, workers: "1" });
    for (const name of ["dev-master", "dev-worker-node-1"]) {
      expect(one("Domain", name).inputs.networkInterfaces).toEqual([
        { networkName: "lab", mac: expect.stringMatching(/^52:54:/) as string, waitForLease: false },
      ]);
      expect(one("Command", `${name}-host-key`).inputs.environment).not.toHaveProperty("NETWORK");
    }
  });
});

describe("add-ons", () => {
  it("die with the control plane, each of them", async () => {
    const { options } = await clusterWith();
    const kinds = registered.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(kinds).toHaveLength(10);
    for (const { type, name } of kinds) {
      expect(options.of(type.split(":").at(-1)!, name).deletedWith, `${type} ${name}`).toBeDefined();
    }
  });

  it("have no smoke check without workers, or when it is not wanted", async () => {
    await clusterWith({ workers: "0" });
    expect(ofType("DaemonSet")).toEqual([]);
    expect(ofType("Deployment")).toHaveLength(1);
    await startMocks();
    await clusterWith({ smokeCheck: "false" });
    expect(ofType("DaemonSet")).toEqual([]);
  });

  it("answer at the address kubeadm tells every kubelet", async () => {
    await clusterWith({ serviceCidr: "10.100.0.0/16" });
    expect(ofType("Service").map(({ inputs }) => (inputs.spec as { clusterIP: string }).clusterIP)).toContain(
      "10.100.0.10",
    );
  });
});
