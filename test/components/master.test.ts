import type * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Worker } from "../../components/worker.ts";
import { foundation } from "../../lifecycle/known-cluster.ts";
import { clusterWith } from "../support/cluster.ts";
import { knownOf } from "../support/known.ts";
import { one, promiseOf, startMocks, type recordOptions } from "../support/mocks.ts";
import { configWith } from "../support/settings.ts";

vi.mock("../../cloud-init/iso.ts", () => ({ writeIso: (seed: { digest: string }) => `/seeds/${seed.digest}.iso` }));

beforeEach(() => startMocks());

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
    expect(master.disks).toMatchObject([{}, {}, { volumeId: "/pools/dev-master-data" }]);
    const { xslt } = master.xml as { xslt: string };
    expect(xslt.match(/<serial>/g)).toHaveLength(1);
    expect(xslt).toMatch(/@dev='vdc'\]">\s+<xsl:copy>.*<serial>nodeforge-data<\/serial>/);
    expect(xslt).toContain(`<xsl:attribute name="file">/pools/dev-master-data</xsl:attribute>`);
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
    "RandomUuid dev-id": { result: "01234567-89ab", keepers: foundation(foundationOf) },
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
