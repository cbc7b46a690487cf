import { describe, expect, it } from "vitest";
import { deriveTopology } from "../topology.ts";
import { configWith } from "./support/settings.ts";

const topologyWith = (raw: Record<string, string> = {}) => deriveTopology(configWith(raw));

describe("the topology", () => {
  it("has a control plane with a reserved address, and workers with addresses from DHCP", () => {
    const { master, workers } = topologyWith();
    expect(master).toMatchObject({
      name: "master",
      role: "control-plane",
      fqdn: "master.internal",
      domainName: "dev-master",
      address: "192.168.222.10",
      addressing: "reservation",
    });
    expect(workers.map((worker) => worker.name)).toEqual(["worker-node-1", "worker-node-2"]);
    expect(workers[0]).toMatchObject({ role: "worker", domainName: "dev-worker-node-1", addressing: "dhcp" });
    expect(workers[0]).not.toHaveProperty("address");
  });

  it("reserves no address on an existing network", () => {
    expect(topologyWith({ network: "lab" }).master.addressing).toBe("static");
  });

  it("numbers static addresses from the control plane's upwards", () => {
    const { workers } = topologyWith({ workerAddressing: "static", workers: "3" });
    expect(workers.map(({ address, addressing }) => [address, addressing])).toEqual([
      ["192.168.222.11", "static"],
      ["192.168.222.12", "static"],
      ["192.168.222.13", "static"],
    ]);
  });

  it("has no worker when the configuration has none", () => {
    expect(topologyWith({ workers: "0" }).workers).toEqual([]);
  });

  it("does not change the other nodes when a worker is added", () => {
    const [two, three] = [topologyWith({ workers: "2" }), topologyWith({ workers: "3" })];
    expect(three.workers.slice(0, 2)).toEqual(two.workers);
    expect(three.master).toEqual(two.master);
  });
});

describe("worker pools", () => {
  const pools = (big: number) =>
    topologyWith({
      workerPools: JSON.stringify([
        { name: "big", count: big, memoryMiB: 4096 },
        { name: "small", count: 2, namePrefix: "w" },
      ]),
    });

  it("give their workers names, sizes and pools, in the order of the pools", () => {
    const { workers, pools: derived } = pools(1);
    expect(workers.map(({ name, pool, memoryMiB }) => [name, pool, memoryMiB])).toEqual([
      ["worker-big-1", "big", 4096],
      ["w-1", "small", 2048],
      ["w-2", "small", 2048],
    ]);
    expect(derived.map(({ config, nodes }) => [config.name, nodes.length])).toEqual([
      ["big", 1],
      ["small", 2],
    ]);
    expect(derived.flatMap(({ nodes }) => nodes)).toEqual(workers);
  });

  it("do not change the workers of another pool when one grows", () => {
    expect(pools(5).pools[1]!.nodes).toEqual(pools(1).pools[1]!.nodes);
    expect(pools(5).master).toEqual(pools(1).master);
  });

  it("share images of the same content", () => {
    const own = { image: "https://example.test/node.qcow2", imageSha256: "0".repeat(64) };
    const pools = ["a", "b", "c"].map((name, index) => ({ name, count: 1, ...(index > 0 ? own : {}) }));
    const { master, workers, images } = topologyWith({ workerPools: JSON.stringify(pools) });
    expect(images).toEqual([master.image, { source: own.image, sha256: own.imageSha256 }]);
    expect(workers.map(({ image }) => image)).toEqual([images[0], images[1], images[1]]);
  });

  it("do not include the control plane", () => {
    expect(pools(1).master).not.toHaveProperty("pool");
    expect(topologyWith().workers[0]!.pool).toBe("workers");
  });
});

describe("MAC addresses", () => {
  it("are unicast, locally administered, lower-case and stable", () => {
    const { master } = topologyWith();
    expect(master.mac).toMatch(/^52:54(:[0-9a-f]{2}){4}$/);
    expect(topologyWith().master.mac).toBe(master.mac);
  });

  it("differ between nodes and between clusters", () => {
    const all = [topologyWith({ workers: "100" }), topologyWith({ workers: "100", clusterName: "other" })];
    const macs = all.flatMap(({ master, workers }) => [master, ...workers]).map((node) => node.mac);
    expect(new Set(macs).size).toBe(202);
  });
});
