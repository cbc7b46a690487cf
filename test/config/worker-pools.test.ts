import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/index.ts";
import { readPoolSchema } from "../../config/schema.ts";
import { configWith, problemsOf, surroundings } from "../support/settings.ts";

const withPools = (pools: unknown, others: Record<string, string> = {}) => ({
  ...others,
  workerPools: JSON.stringify(pools),
});
const poolsOf = (pools: unknown, others?: Record<string, string>) => configWith(withPools(pools, others)).workerPools;
const keysOf = (pools: unknown, others?: Record<string, string>) =>
  problemsOf(withPools(pools, others)).map(({ key }) => key);

describe("worker pools", () => {
  it("have their own values, else those of the plain keys", () => {
    const other = "0".repeat(64);
    const big = {
      name: "big",
      count: 1,
      vcpus: 4,
      memoryMiB: 8192,
      diskGiB: 40,
      namePrefix: "large",
      image: "https://example.test/node.qcow2",
      imageSha256: other,
      labels: ["disk=ssd"],
      taints: ["dedicated=bench:NoSchedule"],
    };
    const plain = { workerVcpus: "3", workerLabels: '["tier=a"]', workerTaints: '["t:NoExecute"]' };
    expect(
      poolsOf([{ name: "small", count: 2 }, big, { name: "bare", count: 0, labels: [], taints: [] }], plain),
    ).toEqual([
      {
        name: "small",
        count: 2,
        namePrefix: "worker-small",
        vcpus: 3,
        memoryMiB: 2048,
        diskGiB: 20,
        image: configWith().image,
        labels: { tier: "a" },
        taints: [{ key: "t", effect: "NoExecute" }],
      },
      {
        ...big,
        image: { source: big.image, sha256: other },
        imageSha256: undefined,
        labels: { disk: "ssd" },
        taints: [{ key: "dedicated", value: "bench", effect: "NoSchedule" }],
      },
      expect.objectContaining({ name: "bare", count: 0, labels: {}, taints: [] }),
    ]);
  });

  it("may lie beside plain keys that are at their defaults, which Pulumi hands over as if they were set", () => {
    const pools = poolsOf([{ name: "a", count: 1 }], { workers: "2", workerNamePrefix: "worker-node" });
    expect(pools.map(({ name, count }) => [name, count])).toEqual([["a", 1]]);
  });

  it("are the plain keys' one pool when the list is empty", () => {
    expect(poolsOf([], { workers: "3" })).toEqual(configWith({ workers: "3" }).workerPools);
  });

  it("may have an image of their own, with the keys that an error about it names", () => {
    const image = "https://example.test/node.qcow2";
    const pools = withPools([{ name: "a", count: 1, image, imageSha256: "0".repeat(64), diskGiB: 40 }]);
    expect(parseConfig(pools, surroundings).config.workerPools[0]?.image).toEqual({
      source: image,
      sha256: "0".repeat(64),
      keys: {
        image: "workerPools[0].image",
        imageSha256: "workerPools[0].imageSha256",
        diskGiB: "workerPools[0].diskGiB",
      },
      diskGiB: 40,
    });
  });

  it("name the stack's key in an error about its image, and the plain key about a disk that has its size", () => {
    const [own, plain] = parseConfig(
      withPools([
        { name: "a", count: 1, diskGiB: 40 },
        { name: "b", count: 1 },
      ]),
      surroundings,
    ).config.workerPools;
    expect(own?.image.keys).toEqual({ image: "image", imageSha256: "imageSha256", diskGiB: "workerPools[0].diskGiB" });
    expect(plain?.image.keys.diskGiB).toBe("workerDiskGiB");
  });
});

describe("a wrong pool", () => {
  const good = { name: "a", count: 1 };
  it.each([
    ["no list", { name: "a" }, ["workerPools"]],
    ["no objects", [good, "b"], ["workerPools"]],
    ["no name", [{ count: 1 }], ["workerPools[0].name"]],
    ["no count", [{ name: "a" }], ["workerPools[0].count"]],
    ["no DNS label", [{ name: "A_b", count: 1 }], ["workerPools[0].name"]],
    ["a name too long for its workers'", [{ name: "a".repeat(55), count: 1 }], ["workerPools[0].name"]],
    ["an unknown key", [good, { name: "b", count: 1, memoryMib: 1 }], ["workerPools[1].memoryMib"]],
    ["text for a number", [{ ...good, memoryMiB: "lots" }], ["workerPools[0].memoryMiB"]],
    ["half a CPU", [{ ...good, vcpus: 1.5 }], ["workerPools[0].vcpus"]],
    ["a number for text", [{ ...good, namePrefix: 7 }], ["workerPools[0].namePrefix"]],
    ["text for a list", [{ ...good, labels: "disk=ssd" }], ["workerPools[0].labels"]],
    ["nothing for a list", [{ ...good, taints: null }], ["workerPools[0].taints"]],
    ["a negative count", [{ name: "a", count: -1 }], ["workerPools[0].count"]],
    ["too little memory", [good, { name: "b", count: 1, memoryMiB: 767 }], ["workerPools[1].memoryMiB"]],
    ["too small a disk", [{ ...good, diskGiB: 3 }], ["workerPools[0].diskGiB"]],
    ["no CPU", [{ ...good, vcpus: 0 }], ["workerPools[0].vcpus"]],
    ["a restricted label", [{ ...good, labels: ["node-role.kubernetes.io/x="] }], ["workerPools[0].labels"]],
    ["no taint", [{ ...good, taints: ["a=b"] }], ["workerPools[0].taints"]],
    ["no prefix", [{ ...good, namePrefix: "w_" }], ["workerPools[0].namePrefix"]],
    ["two of one name", [good, { name: "b", count: 1 }, good], ["workerPools[2].name"]],
    ["two of one prefix", [good, { name: "b", count: 1, namePrefix: "worker-a" }], ["workerPools[1].namePrefix"]],
    [
      "a prefix that follows later",
      [{ name: "b", count: 1, namePrefix: "worker-a" }, good],
      ["workerPools[1].namePrefix"],
    ],
    ["a hash of nothing", [{ ...good, imageSha256: "0".repeat(64) }], ["workerPools[0].imageSha256"]],
    ["a URL alone", [{ ...good, image: "https://example.test/node.qcow2" }], ["workerPools[0].imageSha256"]],
  ])("is refused: %s", (_, pools, keys) => {
    expect(keysOf(pools)).toEqual(keys);
  });

  it("is refused with a hint, in one error with all others", () => {
    const settings = withPools([{ name: "a", count: 1, memoryMib: 1 }, { name: "b" }], { masterVcpus: "1" });
    expect(() => configWith(settings)).toThrow(
      [
        "The stack's configuration cannot be used; nothing was created.",
        "  nodeforge:masterVcpus: wanted at least 2, got 1",
        "  nodeforge:workerPools[0].memoryMib: wanted one of the known keys (did you mean memoryMiB?), got 1",
        "  nodeforge:workerPools[1].count: wanted a whole number, got nothing",
      ].join("\n"),
    );
  });

  it("is not blamed for a plain key, which is named once", () => {
    const pools = [good, { name: "b", count: 1 }, { name: "c", count: 1, memoryMiB: 1024 }];
    expect(keysOf(pools, { workerMemoryMiB: "1" })).toEqual(["workerMemoryMiB"]);
  });
});

describe("the cluster of several pools", () => {
  const two = [
    { name: "a", count: 2 },
    { name: "b", count: 2 },
  ];
  it.each([
    [{ workers: "3" }, ["workers"]],
    [{ workerNamePrefix: "w" }, ["workerNamePrefix"]],
    [{ masterName: "worker-b-1" }, ["masterName"]],
    [{ dhcpEnd: "192.168.222.102" }, ["dhcpEnd"]],
    [{ podCidr: "10.244.0.0/22" }, ["podCidr"]],
    [{ workerAddressing: "static" }, ["workerAddressing"]],
  ] as [Record<string, string>, string[]][])("refuses %o", (others, keys) => {
    expect(keysOf(two, others)).toEqual(keys);
  });

  it.each([{ masterName: "worker-c-1" }, { dhcpEnd: "192.168.222.103" }, { podCidr: "10.244.0.0/21" }] as Record<
    string,
    string
  >[])("allows %o", (others) => {
    expect(poolsOf(two, others)).toHaveLength(2);
  });

  it("may set addresses itself when the list has one pool", () => {
    expect(poolsOf(two.slice(1), { workerAddressing: "static" })).toHaveLength(1);
  });
});

describe("every key of a pool", () => {
  it("has a description", () => {
    for (const [key, { description }] of readPoolSchema()) expect(description, key).toMatch(/^[A-Z].*\.$/);
  });
});
