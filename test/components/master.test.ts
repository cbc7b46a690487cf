import { execFileSync } from "node:child_process";
import type * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { immutableInputs } from "../../lifecycle/prior-cluster.ts";
import { clusterWith } from "../support/cluster.ts";
import { priorStateOf, type PriorOutputs } from "../support/prior-state.ts";
import { ofType, one, promiseOf, registered, startMocks } from "../support/mocks.ts";
import { parseScriptInput } from "../support/script-input.ts";
import { configWith } from "../support/settings.ts";

beforeEach(() => startMocks());

describe("the control plane", () => {
  it("has its data on a protected disk, the only disk with a serial number", async () => {
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
    expect(master.disks).toMatchObject([{}, {}, { volumeId: "/pools/dev-master-data" }]);
    const { xslt } = master.xml as { xslt: string };
    expect(xslt.match(/<serial>/g)).toHaveLength(1);
    expect(xslt).toMatch(/@dev='vdc'\]">\s+<xsl:copy>.*<serial>nodeforge-data<\/serial>/);
    expect(xslt).toContain(`<xsl:attribute name="file">/pools/dev-master-data</xsl:attribute>`);
    const worker = one("Domain", "dev-worker-node-1").inputs;
    expect(worker.disks).toHaveLength(2);
    expect((worker.xml as { xslt: string }).xslt).not.toContain("<serial>");
  });

  it("has an unprotected data disk if the configuration says so", async () => {
    const { options } = await clusterWith({ masterDataProtected: "false", masterDataDiskGiB: "3" });
    expect(options.of("Volume", "dev-master-data").protect).toBe(false);
    expect(one("Volume", "dev-master-data").inputs.size).toBe(3 * 1024 ** 3);
  });

  describe("whose data disk", () => {
    const inputs = configWith();
    const id = "00000000-0000-4000-8000-000000000000";
    const made = (sizeGiB = 10): PriorOutputs => ({
      "randomUuid dev-id": { result: id, keepers: immutableInputs(inputs) },
      "remoteCommand dev-master-init": {},
      "volume dev-master-data": { name: "dev-master-data-00000000.qcow2", size: sizeGiB * 2 ** 30 },
    });
    const growths = () => ofType("Command").filter(({ name }) => name.endsWith("-data-growth"));

    it("is new or has the size of its creation has no command that grows it", async () => {
      const { options } = await clusterWith({ masterDataDiskGiB: "12" });
      expect([growths(), options.of("Volume", "dev-master-data").ignoreChanges]).toEqual([[], undefined]);
      await startMocks();
      const living = await clusterWith({}, { prior: priorStateOf(made()) });
      expect([growths(), living.options.of("Volume", "dev-master-data").ignoreChanges]).toEqual([[], ["size"]]);
    });

    it.each([10, 12])("grows to 12 GiB is the same volume, where the state has %i GiB", async (sizeGiB) => {
      const { options } = await clusterWith({ masterDataDiskGiB: "12" }, { prior: priorStateOf(made(sizeGiB)) });
      expect(growths().map(({ inputs }) => inputs)).toEqual([
        {
          create: "node operator/grow-data-disk.ts",
          environment: {
            LIBVIRT_URI: inputs.libvirtUri,
            DOMAIN: "dev-master",
            DISK: "/pools/dev-master-data",
            SIZE_GIB: "12",
          },
          addPreviousOutputInEnv: false,
        },
      ]);
      // The plugin would replace a volume of another size.
      expect(options.of("Volume", "dev-master-data").ignoreChanges).toEqual(["size"]);
      expect(one("RandomUuid", "dev-id").inputs.keepers).toEqual(immutableInputs(inputs));
    });

    it("has another size in another cluster is created with it", async () => {
      const raw = { masterDataDiskGiB: "8", sshUser: "ops" };
      const { options } = await clusterWith(raw, { prior: priorStateOf(made()) });
      expect([growths(), options.of("Volume", "dev-master-data").ignoreChanges]).toEqual([[], undefined]);
      expect(one("Volume", "dev-master-data").inputs.size).toBe(8 * 1024 ** 3);
    });
  });

  it("gets its parameters on each machine by an update, and the drain policy", async () => {
    const { cluster } = await clusterWith({ drainPolicy: "force", drainGraceSeconds: "30", drainTimeoutMinutes: "7" });
    const { stdin, triggers } = one("Command", "dev-master-init").inputs;
    expect(triggers).toBeUndefined();
    expect(parseScriptInput(stdin).scripts["init-control-plane"]?.parameters).toMatchObject({
      NODE_NAME: "master",
      NODE_ADDRESS: "192.168.222.10",
      IMAGE: cluster.imageHash.slice(0, 12),
      MACHINE: "dev-master-id",
    });
    const policy = one("Command", "dev-master-drain-policy").inputs;
    expect(policy.create).toMatch(/ set-drain-policy-[0-9a-f]{12}$/);
    expect(parseScriptInput(policy.stdin).scripts["set-drain-policy"]?.parameters).toEqual({
      DRAIN_TIMEOUT_MINUTES: "7",
      DRAIN_GRACE_SECONDS: "30",
      DRAIN_POLICY: "force",
    });
  });

  it("gets the arguments of its components, and no settings of a kubelet without any", async () => {
    const parameters = () =>
      parseScriptInput(one("Command", "dev-master-init").inputs.stdin).scripts["init-control-plane"]?.parameters ?? {};
    await clusterWith({});
    expect(parameters().ARGUMENTS).toContain('kube-scheduler "--profiling=false"');
    expect(parameters().PROVEN).toBe("etcd kube-apiserver kube-controller-manager kube-scheduler");
    expect(parameters().FILES).toContain("AuthenticationConfiguration");
    expect(Object.keys(parameters())).not.toContain("KUBELET");
    await startMocks();
    await clusterWith({
      controlPlaneArguments: JSON.stringify({ scheduler: { "kube-api-qps": "500" } }),
      featureGates: JSON.stringify({ A: true }),
      initTimeoutMinutes: "10",
    });
    expect(
      parameters()
        .ARGUMENTS?.split("\n")
        .filter((line) => /feature-gates|qps/.test(line)),
    ).toEqual([
      'kube-apiserver "--feature-gates=A=true"',
      'kube-controller-manager "--feature-gates=A=true"',
      'kube-scheduler "--feature-gates=A=true"',
      'kube-scheduler "--kube-api-qps=500"',
    ]);
    expect(parameters()).toMatchObject({
      PROVEN: "etcd",
      KUBELET: '{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","featureGates":{"A":true}}',
      RESTART_TIMEOUT_SECONDS: "150",
    });
  });

  it("learns from the update command that it was initialized before, and is replaced only with the cluster", async () => {
    const { options } = await clusterWith();
    const { create, update, stdin } = one("Command", "dev-master-init").inputs as Record<string, string>;
    expect(create).not.toContain("REPEATED");
    expect(update).toMatch(/^timeout .* env REPEATED=yes bash -c .* init-control-plane-[0-9a-f]{12}$/);
    // Creation and update run the same script, so the input has it once.
    expect(Object.keys(parseScriptInput(stdin).scripts)).toEqual(["init-control-plane"]);
    const trigger = options.of("Command", "dev-master-init").replacementTrigger as pulumi.Output<string>;
    expect(await promiseOf(trigger)).toBe("00000000-0000-4000-8000-000000000000");
  });

  it("gets the scripts that approve joins and serving certificates, and their sandbox", async () => {
    await clusterWith();
    const { scripts } = parseScriptInput(one("Command", "dev-master-init").inputs.stdin);
    const { APPROVE_JOINS, APPROVE_KUBELETS, SANDBOX } = scripts["init-control-plane"]?.parameters ?? {};
    for (const text of [APPROVE_JOINS, APPROVE_KUBELETS]) expect(text).toContain("kubectl certificate approve");
    expect([APPROVE_JOINS, APPROVE_KUBELETS].map((text) => text?.includes("kubernetes.io/kubelet-serving"))).toEqual([
      false,
      true,
    ]);
    expect(SANDBOX?.split("\n")).toEqual(
      expect.arrayContaining(["ProtectSystem=strict", "SystemCallErrorNumber=EPERM"]),
    );
  });

  describe("whose certificates", () => {
    const steps = ["init", "kubeconfig"].map((step) => `dev-master-${step}`);
    const renewals = (name: string) =>
      Object.values(parseScriptInput(one("Command", name).inputs.stdin).scripts)[0]?.parameters.CERTIFICATES;
    const kubeconfig = (days: number): Record<string, Record<string, unknown>> => {
      const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      const text = execFileSync(
        "openssl",
        ["req", ...kind, "-keyout", "/dev/null", "-subj", "/CN=x", "-days", String(days)],
        { stdio: ["ignore", "pipe", "ignore"] },
      );
      const users = [{ user: { "client-certificate-data": text.toString("base64") } }];
      return { "remoteCommand dev-master-kubeconfig": { stdout: JSON.stringify({ users }) } };
    };

    it("are new renews nothing", async () => {
      await clusterWith({}, { prior: priorStateOf(kubeconfig(365)) });
      expect(steps.map(renewals)).toEqual([undefined, undefined]);
    });

    it("expire soon renews them and reads the kubeconfig again, both by an update", async () => {
      const prior = priorStateOf(kubeconfig(365));
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 300 * 24 * 60 * 60 * 1000 });
      onTestFinished(() => void vi.useRealTimers());
      await clusterWith({}, { prior });
      expect(steps.map(renewals)).toEqual(["1", "1"]);
      for (const step of steps) expect(one("Command", step).inputs.triggers).toBeUndefined();
    });
  });

  const identity = { address: "192.168.222.10", hostKey: "ssh-ed25519 KEPT" };
  const before = (inputsOf = configWith()) => ({
    "remoteCommand dev-master-init": {},
    "localCommand dev-master-host-key": { stdout: JSON.stringify(identity) },
    "randomUuid dev-id": { result: "01234567-89ab", keepers: immutableInputs(inputsOf) },
  });
  const hostKeyOf = (name: string) => JSON.stringify(one("Command", name).inputs.connection);

  it("keeps its host key on another machine, because the data disk has it", async () => {
    await clusterWith({}, { prior: priorStateOf(before()) });
    expect(hostKeyOf("dev-master-init")).toContain("ssh-ed25519 KEPT");
    expect(hostKeyOf("dev-worker-node-1-join")).toContain("ssh-ed25519 AAAA");
  });

  it("has a new host key and another cluster after a loss of its data", async () => {
    await clusterWith({}, { prior: priorStateOf(before()), dataLost: true });
    expect(hostKeyOf("dev-master-init")).toContain("ssh-ed25519 AAAA");
    expect(one("RandomUuid", "dev-id").inputs.keepers).toEqual({ ...immutableInputs(configWith()), losses: "1" });
  });

  it("has a new host key in another cluster", async () => {
    await clusterWith({}, { prior: priorStateOf(before(configWith({ networkCidr: "192.168.223.0/24" }))) });
    expect(hostKeyOf("dev-master-init")).toContain("ssh-ed25519 AAAA");
  });
});

describe("the machines of workers that need a rollout", () => {
  const olds = Object.fromEntries(
    [1, 2, 3].map((number) => [
      `domain dev-worker-node-${number}`,
      { description: "nodeforge cluster dev, machine 0" },
    ]),
  );
  /** Workers that were Ready before anything of a worker's machine was registered. */
  const readyBefore = (number: number) => {
    const at = registered.findIndex(({ name }) => name.startsWith(`dev-worker-node-${number}-root`));
    const ready = registered.slice(0, at).map(({ name }) => /^dev-worker-node-(.)-ready$/.exec(name)?.[1]);
    return ready.filter((worker) => worker !== undefined).map(Number);
  };
  const outdated = (raw: Record<string, string>, more = {}) =>
    clusterWith({ workers: "4", ...raw }, { prior: priorStateOf({ ...olds, ...more }) });

  it("wait for each other; a new machine waits for nothing", async () => {
    await outdated({});
    expect(readyBefore(1)).not.toContain(1);
    expect([2, 3].map(readyBefore)).toEqual([expect.arrayContaining([1]), expect.arrayContaining([1, 2])]);
    expect(readyBefore(4)).toEqual([]);
  });

  it("wait for the whole control plane; a new machine does not", async () => {
    await outdated({});
    const place = (name: string) => registered.findIndex((resource) => resource.name === `dev-${name}`);
    for (const number of [1, 2, 3])
      expect(place(`worker-node-${number}-root`)).toBeGreaterThan(place("master-kubeconfig"));
    expect(place("worker-node-4-root")).toBeLessThan(place("master-kubeconfig"));
  });

  it("record no dependency on another node in the state", async () => {
    const { options } = await outdated({});
    for (const number of [1, 2, 3, 4]) {
      for (const [type, suffix] of [
        ["Volume", "-root"],
        ["Domain", ""],
      ] as const) {
        expect(options.of(type, `dev-worker-node-${number}${suffix}`).dependsOn).toBeUndefined();
      }
    }
  });

  it("are replaced in batches of maxUnavailable", async () => {
    await outdated({ maxUnavailable: "2" });
    expect(readyBefore(2)).not.toContain(1);
    expect(readyBefore(3)).toEqual(expect.arrayContaining([1, 2]));
  });

  it("wait for an unavailable worker, even one after them, which waits for no other worker", async () => {
    await outdated({ joinWaveSize: "1" }, { "worker dev-worker-node-3": {} });
    expect(readyBefore(3).filter((worker) => worker !== 4)).toEqual([]);
    expect([1, 2].map(readyBefore)).toEqual([expect.arrayContaining([3]), expect.arrayContaining([1, 3])]);
    const place = (step: string) => ofType("Command").findIndex(({ name }) => name === `dev-worker-node-${step}`);
    // In waves of one, worker 3 would wait for worker 2, which waits for worker 3.
    for (const [earlier, later] of ["3 1", "1 2", "3 4"].map((pair) => pair.split(" "))) {
      expect(place(`${later}-token`)).toBeGreaterThan(place(`${earlier}-ready`));
    }
  });
});
