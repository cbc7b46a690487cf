import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { installedScript } from "../../guest/installed-script.ts";
import recordSchema from "../../docs/run-record.schema.json" with { type: "json" };
import { clusterWith, nodeIn } from "../support/cluster.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { ofType, one, promiseOf, startMocks } from "../support/mocks.ts";
import { parseScriptInput } from "../support/script-input.ts";
import { qcow2 } from "../support/qcow2.ts";

beforeEach(() => startMocks());

describe("a worker", () => {
  it("boots from an overlay of the image and a seed disk of its own", async () => {
    await clusterWith();
    const base = ofType("Volume").find(({ name }) => name.startsWith("dev-base-"))!;
    expect(base.name).toMatch(/^dev-base-[0-9a-f]{12}$/);
    for (const node of ["dev-master", "dev-worker-node-1", "dev-worker-node-2"]) {
      expect(one("Volume", `${node}-root`).inputs).toEqual({
        pool: "nodeforge-dev",
        baseVolumeId: `/pools/${base.name}`,
        size: 20 * 1024 ** 3,
        format: "qcow2",
      });
    }
    const seeds = ofType("Volume").filter(({ name }) => name.includes("-seed-"));
    expect(new Set(seeds.map(({ inputs }) => inputs.source)).size).toBe(3);
    expect(seeds.every(({ inputs }) => inputs.format === "iso")).toBe(true);
  });

  it("gets the settings of its kubelet, and no such parameter without any", async () => {
    const parameters = () => {
      // The SDK wraps a secret on its way to the engine.
      const { value } = one("Command", "dev-worker-node-1-join").inputs.stdin as { value: string };
      return parseScriptInput(value).scripts.join?.parameters ?? {};
    };
    await clusterWith();
    expect(Object.keys(parameters())).not.toContain("KUBELET");
    expect(Object.keys(parameters())).not.toContain("RESTART_TIMEOUT_SECONDS");
    await startMocks();
    await clusterWith({
      featureGates: JSON.stringify({ B: false, A: true }),
      workerKubelet: JSON.stringify({ maxPods: 200, kubeReserved: { memory: "1Gi", cpu: "1" } }),
      joinTimeoutMinutes: "10",
    });
    expect(parameters()).toMatchObject({
      KUBELET:
        '{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","featureGates":{"A":true,"B":false},"kubeReserved":{"cpu":"1","memory":"1Gi"},"maxPods":200}',
      RESTART_TIMEOUT_SECONDS: "150",
    });
    const init = parseScriptInput(one("Command", "dev-master-init").inputs.stdin).scripts["init-control-plane"];
    expect(init?.parameters.KUBELET).not.toContain("maxPods");
  });

  it("refers to each disk by its file, because AppArmor has rules for files", async () => {
    await clusterWith();
    const { disks, xml } = one("Domain", "dev-worker-node-1").inputs;
    const files = (disks as { volumeId: string }[]).map(({ volumeId }) => volumeId);
    expect(files).toEqual([
      "/pools/dev-worker-node-1-root",
      expect.stringMatching(/^\/pools\/dev-worker-node-1-seed-/),
    ]);
    const named = [...(xml as { xslt: string }).xslt.matchAll(/<source><xsl:attribute name="file">([^<]*)</g)];
    expect(named.map(([, file]) => file)).toEqual(files);
  });

  it("has a time limit on each step, even if the node enforces none", async () => {
    const { options } = await clusterWith();
    // The limit of the script, 20 minutes for connecting, and two more.
    expect(options.of("Command", "dev-worker-node-1-join").customTimeouts).toEqual({ create: "42m", update: "42m" });
    expect(options.of("Command", "dev-worker-node-1-ready").customTimeouts).toEqual({ create: "77m", update: "77m" });
    const { create, update, delete: leaving } = options.of("Command", "dev-worker-node-1-token").customTimeouts ?? {};
    expect([create, update, leaving]).toEqual(["34m", "34m", "282m"]);
    expect(options.of("Command", "dev-master-kubeconfig").additionalSecretOutputs).toContain("stdout");
  });

  it("gets a token of its own and joins with it on stdin", async () => {
    await clusterWith();
    const token = one("Command", "dev-worker-node-2-token").inputs;
    expect(token.triggers).toEqual(["dev-worker-node-2-id", "1"]);
    expect(token.create).toMatch(/ mint-token-[0-9a-f]{12}$/);
    expect(token.update).toMatch(/ renew-token-[0-9a-f]{12}$/);
    // The longest drain, and 20 minutes for the steps before and after it.
    expect(token.delete).toMatch(/^timeout .* 15600 .* leave-[0-9a-f]{12}$/);
    const worker = {
      WORKER_NAME: "worker-node-2",
      WORKER_ADDRESS: expect.stringMatching(/^192\.168\.222\.10\d$/) as string,
    };
    const { scripts } = parseScriptInput(token.stdin);
    expect(Object.keys(scripts)).toEqual(["mint-token", "renew-token", "leave"]);
    expect(scripts["mint-token"]?.parameters).toEqual({ ...worker, TOKEN_TTL_MINUTES: "30" });
    expect(scripts["renew-token"]?.parameters).toEqual({ ...worker, TOKEN_TTL_MINUTES: "30" });
    // No drain policy: it is read when the worker is removed, not when it joins.
    expect(scripts.leave?.parameters).toEqual({
      ...worker,
      WORKER_MAC: expect.stringMatching(/^52:54(:[0-9a-f]{2}){4}$/) as string,
    });
    const join = one("Command", "dev-worker-node-2-join").inputs;
    expect(join.triggers).toEqual(["dev-worker-node-2-id", "1"]);
    // The SDK wraps a secret on its way to the engine.
    const { value, ...wrapper } = join.stdin as { value: string };
    expect(Object.keys(wrapper)).toHaveLength(1);
    const input = parseScriptInput(value);
    expect(input.scripts.join?.parameters.NODE_ADDRESS).toMatch(/^192\.168\.222\.10\d$/);
    expect(input.scripts.join?.text).not.toContain("abcdef.0123456789abcdef");
    expect(input.stdin).toContain("abcdef.0123456789abcdef");
  });

  it("is removed before it joins again, and not when the whole cluster is deleted", async () => {
    const { options } = await clusterWith();
    const { deletedWith, deleteBeforeReplace } = options.of("Command", "dev-worker-node-1-token");
    expect(await promiseOf((deletedWith as pulumi.Resource).urn)).toContain("RandomUuid::dev-id");
    expect(deleteBeforeReplace).toBe(true);
    expect(options.of("Command", "dev-worker-node-1-join").deletedWith).toBeUndefined();
  });

  it("is shut down cleanly, but not when the whole cluster is deleted", async () => {
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
      NETWORK_CIDR: "192.168.222.0/24",
      LIMIT_SECONDS: "1200",
      SCRIPTS: installedScript("join").id,
      NETWORK: "scheduler_benchmark_net",
      NODE: "worker-node-1",
    });
    // The control plane's reservation is part of the network.
    expect(one("Command", "dev-master-host-key").inputs.environment).not.toHaveProperty("NETWORK");
  });

  it("gets its image and pool as labels before it counts as Ready", async () => {
    const { cluster } = await clusterWith();
    const { create, stdin, triggers } = one("Command", "dev-worker-node-1-ready").inputs;
    // Twice the limit of 20 minutes, and fifteen more.
    expect(create).toMatch(/^timeout .* 3300 .* worker-ready-[0-9a-f]{12}$/);
    expect(parseScriptInput(stdin).scripts["worker-ready"]?.parameters).toEqual({
      WORKER_NAME: "worker-node-1",
      READY_TIMEOUT_SECONDS: "1200",
      TAINTS: "",
    });
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

  it("starts from the image again when its machine is replaced", async () => {
    const { options } = await clusterWith();
    const signature = /, machine ([0-9a-f]{12})$/.exec(String(one("Domain", "dev-worker-node-1").inputs.description));
    expect(signature?.[1]).toBeDefined();
    expect(options.of("Volume", "dev-worker-node-1-root").replacementTrigger).toBe(signature?.[1]);
  });

  it("is replaced completely: the old machine and disk are deleted before the new ones are created", async () => {
    const { options } = await clusterWith();
    expect(options.of("Domain", "dev-worker-node-1").deleteBeforeReplace).toBe(true);
    expect(options.of("Volume", "dev-worker-node-1-root").deleteBeforeReplace).toBe(true);
    expect(options.of("Domain", "dev-worker-node-1").customTimeouts).toEqual({ create: "20m" });
  });
});

describe("joins", () => {
  it("run in waves: each waits for the join one wave before", async () => {
    await clusterWith({ workers: "5", joinWaveSize: "2" });
    const place = (step: string) => ofType("Command").findIndex(({ name }) => name === `dev-worker-node-${step}`);
    // Waves of two: at the third token one of the first two workers is Ready.
    for (const number of [3, 4, 5]) expect(place(`${number}-token`)).toBeGreaterThan(place(`${number - 2}-ready`));
    // The second worker waits for no other.
    expect(place("2-token")).toBeLessThan(place("1-ready"));
  });

  it("record no dependency of one worker on another", async () => {
    const { options } = await clusterWith({ workers: "3", joinWaveSize: "1" });
    expect(options.of("Command", "dev-worker-node-3-token").dependsOn).toBeUndefined();
  });
});

describe("worker pools", () => {
  const image = join(mkdtempSync(join(tmpdir(), "nodeforge-pools-")), "other.qcow2");
  afterAll(() => rmSync(dirname(image), { recursive: true }));
  writeFileSync(image, Buffer.concat([qcow2(), Buffer.from("another")]));
  const pools = [
    { name: "small", count: 2, labels: ["size=small"] },
    { name: "big", count: 1, vcpus: 4, memoryMiB: 4096, diskGiB: 40, taints: ["a=b:NoSchedule"], image },
  ];
  const settings = { workerPools: JSON.stringify(pools), joinWaveSize: "2" };
  const namesOf = (resources: ReturnType<typeof ofType>) => resources.map(({ name }) => name).sort();
  const bases = () => ofType("Volume").filter(({ name }) => name.startsWith("dev-base-"));

  it("are a component each, with machines of the pool's size and image", async () => {
    const { cluster } = await clusterWith(settings);
    const usual = cluster.imageHash;
    const other = createHash("sha256").update(readFileSync(image)).digest("hex");
    const base = (sha256: string) => `dev-base-${sha256.slice(0, 12)}`;
    expect(namesOf(ofType("WorkerPool"))).toEqual(["dev-big", "dev-small"]);
    expect(one("Domain", "dev-worker-big-1").inputs).toMatchObject({ vcpu: 4, memory: 4096 });
    expect(one("Domain", "dev-worker-small-1").inputs).toMatchObject({ vcpu: 2, memory: 2048 });
    for (const made of [ofType("BaseImage"), bases()]) expect(namesOf(made)).toEqual([base(usual), base(other)].sort());
    for (const node of ["master", "worker-small-1", "worker-small-2"]) {
      expect(one("Volume", `dev-${node}-root`).inputs.baseVolumeId).toBe(`/pools/${base(usual)}`);
    }
    const root = one("Volume", "dev-worker-big-1-root").inputs;
    expect(root).toMatchObject({ baseVolumeId: `/pools/${base(other)}`, size: 40 * 1024 ** 3 });
    const nodes = await promiseOf(cluster.nodes);
    expect(nodes.map(({ pool }) => pool)).toEqual([undefined, "small", "small", "big"]);
    expect(nodes.map((node) => node.image)).toEqual([usual, usual, usual, other]);
  });

  it("have nodes and timings that the schema of run records accepts", async () => {
    const { cluster } = await clusterWith(settings);
    const { nodes, timings } = recordSchema.properties;
    const shown = { nodes: await promiseOf(cluster.nodes), timings: await promiseOf(cluster.timings) };
    const validate = new Ajv2020({ strict: true }).compile({ type: "object", properties: { nodes, timings } });
    expect(shown.nodes).toHaveLength(4);
    expect(validate(shown), JSON.stringify(validate.errors)).toBe(true);
  });

  it("give each worker the labels and taints of its pool, and the taints already at its join", async () => {
    await clusterWith(settings);
    const ready = (name: string) => one("Command", `dev-${name}-ready`).inputs.stdin;
    const join = (name: string) => (one("Command", `dev-${name}-join`).inputs.stdin as { value: string }).value;
    expect(nodeIn(ready("worker-small-2")).metadata.labels).toMatchObject({
      size: "small",
      "nodeforge.local/pool": "small",
    });
    expect(nodeIn(ready("worker-big-1")).metadata.labels).not.toHaveProperty("size");
    const taints = (name: string) => parseScriptInput(ready(name)).scripts["worker-ready"]?.parameters.TAINTS;
    expect(taints("worker-small-2")).toBe("");
    expect(taints("worker-big-1")).toBe("a=b:NoSchedule");
    expect(parseScriptInput(join("worker-small-2")).stdin).not.toContain("NoSchedule");
    expect(parseScriptInput(join("worker-big-1")).stdin).toContain("NoSchedule");
  });

  it("share one base image for images of the same content at different paths", async () => {
    const copy = `${image}.copy`;
    copyFileSync(image, copy);
    const both = [image, copy].map((path, index) => ({ name: `p${index}`, count: 1, image: path }));
    await clusterWith({ workerPools: JSON.stringify(both) });
    expect(bases()).toHaveLength(2);
    expect(one("Volume", "dev-worker-p0-1-root").inputs.baseVolumeId).toBe(
      one("Volume", "dev-worker-p1-1-root").inputs.baseVolumeId,
    );
  });

  it("join in waves that are counted through all pools", async () => {
    await clusterWith(settings);
    const place = (step: string) => ofType("Command").findIndex(({ name }) => name === `dev-worker-${step}`);
    expect(place("big-1-token")).toBeGreaterThan(place("small-1-ready"));
    expect(place("small-2-token")).toBeLessThan(place("small-1-ready"));
  });
});

describe("a lost worker", () => {
  it("joins again and no other worker does, and the run waits for all nodes again", async () => {
    const prior = priorStateOf({
      "remoteCommand dev-worker-node-1-token": { triggers: ["dev-worker-node-1-id", "2"] },
      "remoteCommand dev-worker-node-1-join": { triggers: ["dev-worker-node-1-id", "2"] },
      "remoteCommand dev-worker-node-2-token": { triggers: ["dev-worker-node-2-id", "5"] },
      "remoteCommand dev-worker-node-2-join": { triggers: ["dev-worker-node-2-id", "5"] },
      "remoteCommand dev-ready": { triggers: ["dev-master-id", "3"] },
    });
    await clusterWith({}, { prior, health: { lost: new Set(["worker-node-2"]), degraded: true, silent: false } });
    const generation = (name: string) => (one("Command", `dev-${name}`).inputs.triggers as string[]).at(-1);
    expect(["worker-node-1-token", "worker-node-1-join"].map(generation)).toEqual(["2", "2"]);
    expect(["worker-node-2-token", "worker-node-2-join"].map(generation)).toEqual(["6", "6"]);
    expect(generation("ready")).toBe("4");
  });
});

describe("a worker with an interrupted join", () => {
  it("gets another token, because a token allows one certificate, and no other worker does", async () => {
    const prior = priorStateOf({
      "remoteCommand dev-worker-node-1-token": { triggers: ["dev-worker-node-1-id", "1"] },
      "remoteCommand dev-worker-node-1-join": { triggers: ["dev-worker-node-1-id", "1"] },
      "remoteCommand dev-worker-node-2-token": { triggers: ["dev-worker-node-2-id", "1"] },
    });
    await clusterWith({}, { prior });
    const generation = (name: string) => (one("Command", `dev-${name}`).inputs.triggers as string[]).at(-1);
    expect(["worker-node-1-token", "worker-node-1-join"].map(generation)).toEqual(["1", "1"]);
    expect(["worker-node-2-token", "worker-node-2-join"].map(generation)).toEqual(["2", "2"]);
  });
});
