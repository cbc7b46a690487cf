import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/index.ts";
import { readPoolSchema } from "../../config/schema.ts";
import { configWith, problemsOf, surroundings } from "../support/settings.ts";

const withPools = (pools: unknown, others: Record<string, string> = {}) => ({
  ...others,
  workerPools: JSON.stringify(pools),
});
const poolsOf = (pools: unknown, others?: Record<string, string>) => configWith(withPools(pools, others)).workerPools;
/** Refusals of pools, each as its key and the expected value. */
const refusalsOf = (pools: unknown, others?: Record<string, string>) =>
  problemsOf(withPools(pools, others)).map(({ key, expected }) => [key, expected]);

describe("worker pools", () => {
  it("inherit the values of the plain keys for what they leave out", () => {
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
        kubelet: {},
      },
      {
        ...big,
        image: { source: big.image, sha256: other },
        imageSha256: undefined,
        labels: { disk: "ssd" },
        taints: [{ key: "dedicated", value: "bench", effect: "NoSchedule" }],
        kubelet: {},
      },
      expect.objectContaining({ name: "bare", count: 0, labels: {}, taints: [] }),
    ]);
  });

  it("may be listed beside plain keys with default values, which Pulumi passes as if they were set", () => {
    const pools = poolsOf([{ name: "a", count: 1 }], { workers: "2", workerNamePrefix: "worker-node" });
    expect(pools.map(({ name, count }) => [name, count])).toEqual([["a", 1]]);
  });

  it("are the one pool of the plain keys when the list is empty", () => {
    expect(poolsOf([], { workers: "3" })).toEqual(configWith({ workers: "3" }).workerPools);
  });

  it("may have their own image, with the keys that an error about it names", () => {
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

  it("blame the plain keys for an inherited image and an inherited disk size", () => {
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
  const label = (longest: number) =>
    `a DNS label (lower-case letters, digits, inner hyphens) of at most ${longest} characters`;
  const restricted = "labels a node may set on itself (NodeRestriction)";
  it.each([
    ["no list", { name: "a" }, "workerPools", "a list of objects"],
    ["no objects", [good, "b"], "workerPools", "a list of objects"],
    ["no name", [{ count: 1 }], "workerPools[0].name", "a string"],
    ["no count", [{ name: "a" }], "workerPools[0].count", "a whole number"],
    ["no DNS label", [{ name: "A_b", count: 1 }], "workerPools[0].name", label(63)],
    ["a name too long for its workers", [{ name: "a".repeat(55), count: 1 }], "workerPools[0].name", label(61)],
    [
      "an unknown key",
      [good, { name: "b", count: 1, memoryMib: 1 }],
      "workerPools[1].memoryMib",
      "one of the known keys (did you mean memoryMiB?)",
    ],
    ["text for a number", [{ ...good, memoryMiB: "lots" }], "workerPools[0].memoryMiB", "a whole number"],
    ["half a CPU", [{ ...good, vcpus: 1.5 }], "workerPools[0].vcpus", "a whole number"],
    ["a number for text", [{ ...good, namePrefix: 7 }], "workerPools[0].namePrefix", "a string"],
    ["text for a list", [{ ...good, labels: "disk=ssd" }], "workerPools[0].labels", "a list of strings"],
    ["null for a list", [{ ...good, taints: null }], "workerPools[0].taints", "a list of strings"],
    ["a negative count", [{ name: "a", count: -1 }], "workerPools[0].count", "at least 0"],
    ["too little memory", [good, { name: "b", count: 1, memoryMiB: 767 }], "workerPools[1].memoryMiB", "at least 768"],
    ["too small a disk", [{ ...good, diskGiB: 3 }], "workerPools[0].diskGiB", "at least 4"],
    ["no CPU", [{ ...good, vcpus: 0 }], "workerPools[0].vcpus", "at least 1"],
    ["a restricted label", [{ ...good, labels: ["node-role.kubernetes.io/x="] }], "workerPools[0].labels", restricted],
    ["no taint", [{ ...good, taints: ["a=b"] }], "workerPools[0].taints", "taints such as dedicated=bench:NoSchedule"],
    ["no prefix", [{ ...good, namePrefix: "w_" }], "workerPools[0].namePrefix", label(61)],
    ["a name twice", [good, { name: "b", count: 1 }, good], "workerPools[2].name", "one that no pool before has"],
    [
      "a prefix that follows from an earlier name",
      [good, { name: "b", count: 1, namePrefix: "worker-a" }],
      "workerPools[1].namePrefix",
      "one that no pool before has",
    ],
    [
      "a prefix that follows from a later name",
      [{ name: "b", count: 1, namePrefix: "worker-a" }, good],
      "workerPools[1].namePrefix",
      "one that no pool before has",
    ],
    [
      "a hash without an image",
      [{ ...good, imageSha256: "0".repeat(64) }],
      "workerPools[0].imageSha256",
      "an image beside it that has this hash",
    ],
    [
      "a URL without a hash",
      [{ ...good, image: "https://example.test/node.qcow2" }],
      "workerPools[0].imageSha256",
      "the SHA-256 of the image that is downloaded",
    ],
  ])("is refused for one reason: %s", (_, pools, key, expected) => {
    expect(refusalsOf(pools)).toEqual([[key, expected]]);
  });

  it("is refused with a hint, in one error with every other problem", () => {
    const settings = withPools([{ name: "a", count: 1, memoryMib: 1 }, { name: "b" }], { masterVcpus: "1" });
    expect(() => configWith(settings)).toThrow(
      [
        "The stack's configuration cannot be used; nothing was created.",
        "  nodeforge:masterVcpus: expected at least 2, got 1",
        "  nodeforge:workerPools[0].memoryMib: expected one of the known keys (did you mean memoryMiB?), got 1",
        "  nodeforge:workerPools[1].count: expected a whole number, got nothing",
      ].join("\n"),
    );
  });

  it("is not blamed for an inherited value: the error names the plain key once", () => {
    const pools = [good, { name: "b", count: 1 }, { name: "c", count: 1, memoryMiB: 1024 }];
    expect(refusalsOf(pools, { workerMemoryMiB: "1" })).toEqual([["workerMemoryMiB", "at least 768"]]);
  });
});

describe("the cluster of several pools", () => {
  const two = [
    { name: "a", count: 2 },
    { name: "b", count: 2 },
  ];
  it.each([
    [{ workers: "3" }, "workers", "no value beside workerPools, whose pools have their own"],
    [{ workerNamePrefix: "w" }, "workerNamePrefix", "no value beside workerPools, whose pools have their own"],
    [{ masterName: "worker-b-1" }, "masterName", "a name no worker can have"],
    [{ dhcpEnd: "192.168.222.102" }, "dhcpEnd", "a DHCP range with room for 4 workers"],
    [{ podCidr: "10.244.0.0/22" }, "podCidr", "room for a /24 for each of 5 nodes"],
    [{ workerAddressing: "static" }, "workerAddressing", "dhcp with more than one worker pool"],
  ] as [Record<string, string>, string, string][])("refuses %o", (others, key, expected) => {
    expect(refusalsOf(two, others)).toEqual([[key, expected]]);
  });

  it.each([{ masterName: "worker-c-1" }, { dhcpEnd: "192.168.222.103" }, { podCidr: "10.244.0.0/21" }] as Record<
    string,
    string
  >[])("accepts %o", (others) => {
    expect(poolsOf(two, others)).toHaveLength(2);
  });

  it("may have static addresses when the list has one pool", () => {
    expect(poolsOf(two.slice(1), { workerAddressing: "static" })).toHaveLength(1);
  });
});

describe("every key of a pool", () => {
  it("has a description", () => {
    for (const [key, { description }] of readPoolSchema()) expect(description, key).toMatch(/^[A-Z].*\.$/);
  });
});
