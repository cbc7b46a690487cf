import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSchema } from "../../config/schema.ts";
import { parseConfig } from "../../config/index.ts";
import { configWith, imagePath, problemsOf, publicKey, sshKeyPath, surroundings } from "../support/settings.ts";

const keysOf = (raw: Record<string, string>) => problemsOf(raw).map((problem) => problem.key);

describe("an empty configuration", () => {
  it("describes the seeds' cluster", () => {
    const config = configWith();
    expect(config.clusterName).toBe("dev");
    expect(config.network).toMatchObject({
      origin: "created",
      name: "scheduler_benchmark_net",
      gateway: "192.168.222.1",
      masterAddress: "192.168.222.10",
      dhcpStart: "192.168.222.100",
      dhcpEnd: "192.168.222.254",
      domain: "internal",
    });
    expect(config.workerPools).toEqual([
      {
        name: "workers",
        count: 2,
        namePrefix: "worker-node",
        vcpus: 2,
        memoryMiB: 2048,
        diskGiB: 20,
        labels: {},
        taints: [],
        image: config.image,
      },
    ]);
    expect(config.storagePool).toEqual({
      origin: "created",
      name: "nodeforge-dev",
      path: "/var/lib/libvirt/nodeforge-dev",
    });
  });

  it("takes the machine's own domain type and its limits", () => {
    expect(configWith().domainType).toBe("qemu");
    expect(configWith().timeouts.boot).toBe(20);
    const fast = configWith({}, { localDomainType: "kvm" });
    expect(fast.domainType).toBe("kvm");
    expect(fast.timeouts.boot).toBe(5);
  });

  it("does not judge a remote hypervisor by this machine", () => {
    expect(configWith({ libvirtUri: "qemu+ssh://root@host/system" }).domainType).toBe("kvm");
  });

  it("has the operator's key pair", () => {
    const { ssh } = configWith();
    expect([ssh.publicKey, ssh.privateKey]).toEqual([publicKey, readFileSync(sshKeyPath, "utf8")]);
  });

  it("has the default image, with the keys that an error about it names", () => {
    const keys = { image: "image", imageSha256: "imageSha256" };
    const named = { source: imagePath, sha256: "" };
    const { image, workerPools } = parseConfig({}, surroundings).config;
    expect(image).toEqual({ ...named, keys: { ...keys, diskGiB: "masterDiskGiB" }, diskGiB: 20 });
    expect(workerPools[0]?.image).toEqual({ ...named, keys: { ...keys, diskGiB: "workerDiskGiB" }, diskGiB: 20 });
  });
});

describe("every declared key", () => {
  it("has a description and a default", () => {
    for (const [key, { description, default: fallback }] of readSchema()) {
      expect(description, key).toMatch(/^[A-Za-z].*\.$/s);
      expect(fallback, key).toBeDefined();
    }
  });
});

describe("one error", () => {
  it("names every wrong key, what was wanted and what was given", () => {
    expect(() =>
      configWith({ workers: "-1", masterMemoryMiB: "lots", wrokers: "3", podCidr: "192.168.222.0/24" }),
    ).toThrow(
      [
        "The stack's configuration cannot be used; nothing was created.",
        '  nodeforge:wrokers: wanted one of the known keys (did you mean workers?), got "3"',
        '  nodeforge:masterMemoryMiB: wanted a whole number, got "lots"',
        "  nodeforge:workers: wanted at least 0, got -1",
        '  nodeforge:podCidr: wanted a range apart from networkCidr (192.168.222.0/24), got "192.168.222.0/24"',
      ].join("\n"),
    );
  });

  it("shows no private key", () => {
    const problems = problemsOf({ sshPrivateKeyPath: `${sshKeyPath}.pub`, workers: "x" });
    expect(problems.map((problem) => problem.key)).toEqual(["workers", "sshPrivateKeyPath"]);
    expect(JSON.stringify(problems)).not.toContain("AAAA");
  });
});

describe("types", () => {
  it.each([
    ["workers", "three"],
    ["workers", "2.5"],
    ["smokeCheck", "yes"],
    ["workerLabels", "disk=ssd"],
    ["workerLabels", "[1]"],
  ])("refuses %s = %s", (key, value) => {
    expect(keysOf({ [key]: value })).toEqual([key]);
  });
});

describe("names", () => {
  it.each([
    ["clusterName", "a".repeat(33)],
    ["clusterName", "Lab"],
    ["masterName", "-master"],
    ["masterName", "worker-node-1"],
    ["workerNamePrefix", "worker_node"],
    ["workerNamePrefix", "w".repeat(62)],
    ["nodeDomain", "in..ternal"],
    ["clusterDomain", `${"a".repeat(64)}.local`],
    ["networkName", "a/b"],
    ["storagePool", "../pool"],
    ["masterName", "localhost"],
    ["sshUser", "Root User"],
    ["sshUser", "daemon"],
    ["sshUser", "systemd-network"],
    ["libvirtUri", "xen:///system"],
    ["domainType", "lxc"],
  ])("refuses %s = %s", (key, value) => {
    expect(keysOf({ [key]: value })).toEqual([key]);
  });

  it("allows the longest that fit", () => {
    expect(
      configWith({ clusterName: "a".repeat(32), workerNamePrefix: "w".repeat(61) }).workerPools[0]!.namePrefix,
    ).toHaveLength(61);
  });
});

describe("addresses", () => {
  it.each([
    [{ networkCidr: "192.168.222.1/24" }, ["networkCidr"]],
    [{ networkCidr: "192.168.222.0" }, ["networkCidr"]],
    [{ networkCidr: "10.0.0.0/4" }, ["networkCidr"]],
    [{ networkCidr: "127.0.0.0/24" }, ["networkCidr"]],
    [{ networkCidr: "169.254.1.0/24" }, ["networkCidr"]],
    [{ podCidr: "224.0.0.0/16" }, ["podCidr"]],
    [{ podCidr: "240.0.0.0/16" }, ["podCidr"]],
    [{ serviceCidr: "10.96.0.0/29" }, ["serviceCidr"]],
    [{ serviceCidr: "10.32.0.0/11" }, ["serviceCidr"]],
    [{ podCidr: "fd00::/64" }, ["podCidr"]],
    [{ serviceCidr: "10.244.128.0/17" }, ["serviceCidr"]],
    [{ serviceCidr: "192.168.0.0/16" }, ["serviceCidr"]],
    [{ masterAddress: "192.168.223.10" }, ["masterAddress"]],
    [{ masterAddress: "192.168.222.1" }, ["masterAddress"]],
    [{ masterAddress: "192.168.222.150" }, ["masterAddress"]],
    [{ dhcpStart: "192.168.222.200", dhcpEnd: "192.168.222.150" }, ["dhcpEnd", "dhcpEnd"]],
    [{ dhcpEnd: "192.168.222.101", workers: "3" }, ["dhcpEnd"]],
    [{ workerAddressing: "static", workers: "90" }, ["dhcpStart"]],
    [{ podCidr: "10.244.0.0/23" }, ["podCidr"]],
    [{ workerAddressing: "fixed" }, ["workerAddressing"]],
  ] as [Record<string, string>, string[]][])("refuses %o", (raw, keys) => {
    expect(keysOf(raw)).toEqual(keys);
  });

  it.each([
    { dhcpEnd: "192.168.222.102", workers: "3" },
    { workerAddressing: "static", workers: "89" },
    { podCidr: "10.244.0.0/22", workers: "3" },
    { serviceCidr: "10.96.0.0/28" },
    { serviceCidr: "10.96.0.0/12" },
    { podCidr: "10.0.0.0/8", serviceCidr: "172.16.0.0/16" },
    { network: "lab", networkCidr: "10.9.0.0/16", dhcpStart: "10.9.1.0", dhcpEnd: "10.9.1.255" },
  ] as Record<string, string>[])("allows %o", (raw) => {
    expect(configWith(raw).clusterName).toBe("dev");
  });
});

describe("sizes and counts", () => {
  it.each([
    ["workers", "-1"],
    ["masterVcpus", "1"],
    ["masterMemoryMiB", "1699"],
    ["masterDiskGiB", "3"],
    ["workerVcpus", "0"],
    ["workerMemoryMiB", "767"],
    ["workerDiskGiB", "3"],
    ["joinWaveSize", "0"],
    ["maxUnavailable", "0"],
    ["tokenTtlMinutes", "0"],
    ["bootTimeoutMinutes", "-1"],
  ])("refuses %s = %s", (key, value) => {
    expect(keysOf({ [key]: value })).toEqual([key]);
  });

  it.each([
    ["masterVcpus", 255],
    ["workerVcpus", 255],
    ["masterMemoryMiB", 4194304],
    ["workerMemoryMiB", 4194304],
    ["masterDiskGiB", 16384],
    ["workerDiskGiB", 16384],
    ["masterDataDiskGiB", 16384],
    ["joinWaveSize", 5000],
    ["maxUnavailable", 5000],
    ["tokenTtlMinutes", 1440],
    ["bootTimeoutMinutes", 1440],
    ["initTimeoutMinutes", 1440],
    ["joinTimeoutMinutes", 1440],
    ["readyTimeoutMinutes", 1440],
    ["drainTimeoutMinutes", 240],
    ["drainGraceSeconds", 14400],
  ])("refuses %s above %i, and nothing up to it", (key, maximum) => {
    expect(configWith({ [key]: String(maximum) }).clusterName).toBe("dev");
    for (const given of [maximum + 1, 999_999_999]) {
      expect(problemsOf({ [key]: String(given) })).toEqual([
        { key, wanted: `at most ${maximum}`, given: String(given) },
      ]);
    }
  });

  it("has an upper limit for every number", () => {
    const numbers = [...readSchema()].filter(([, { type }]) => type === "integer").map(([key]) => key);
    expect(numbers.length).toBeGreaterThan(15);
    for (const key of numbers) {
      const wanted = problemsOf({ [key]: "999999999" }).map((problem) => problem.wanted);
      expect(wanted, key).toContainEqual(expect.stringMatching(/^at most \d+$/));
    }
  });

  it("refuses more workers than Kubernetes is tested with, in one pool and in all together", () => {
    const wide = {
      networkCidr: "10.0.0.0/8",
      dhcpEnd: "10.0.255.254",
      podCidr: "11.0.0.0/8",
      serviceCidr: "192.168.0.0/16",
    };
    expect(problemsOf({ ...wide, workers: "5001" })[0]).toEqual({
      key: "workers",
      wanted: "at most 5000",
      given: "5001",
    });
    const pools = ["a", "b"].map((name) => ({ name, count: 2501 }));
    expect(problemsOf({ ...wide, workerPools: JSON.stringify(pools) })[0]).toEqual({
      key: "workerPools",
      wanted: "at most 5000 workers in all pools together",
      given: "5002",
    });
  });

  it("allows a cluster without workers", () => {
    expect(configWith({ workers: "0" }).workerPools[0]!.count).toBe(0);
  });
});

describe("labels and taints", () => {
  it("are read", () => {
    const [workers] = configWith({
      workerLabels: '["disk=ssd","tier="]',
      workerTaints: '["a=b:NoSchedule","c:NoExecute"]',
    }).workerPools;
    expect(workers!.labels).toEqual({ disk: "ssd", tier: "" });
    expect(workers!.taints).toEqual([
      { key: "a", value: "b", effect: "NoSchedule" },
      { key: "c", effect: "NoExecute" },
    ]);
  });

  it.each([
    ["workerLabels", "disk"],
    ["workerLabels", "a=b=c"],
    ["workerLabels", "a= b"],
    ["workerLabels", "node-role.kubernetes.io/worker="],
    ["workerTaints", "a=b"],
    ["workerTaints", "a=b:Never"],
    ["workerTaints", "a b:NoSchedule"],
    ["workerTaints", "a..b/c:NoSchedule"],
    ["workerTaints", "a/b/c:NoSchedule"],
    ["workerLabels", "lab..example/a=b"],
    ["workerLabels", "-lab/a=b"],
    ["workerLabels", "/a=b"],
  ])("refuses %s = %s", (key, value) => {
    expect(keysOf({ [key]: JSON.stringify([value]) })).toEqual([key]);
  });

  it("may not say two things of one", () => {
    const taints = JSON.stringify(["a=b:NoSchedule", "a=c:NoSchedule", "a=b:NoExecute"]);
    expect(problemsOf({ workerTaints: taints })).toEqual([
      { key: "workerTaints", wanted: "one taint of key a and effect NoSchedule", given: '"a=c:NoSchedule"' },
    ]);
    expect(problemsOf({ workerLabels: JSON.stringify(["a=b", "c=d", "a=c"]) })).toEqual([
      { key: "workerLabels", wanted: "one value for the label a", given: '"a=c"' },
    ]);
  });

  it("allows the labels a node may set on itself", () => {
    expect(configWith({ workerLabels: '["node.kubernetes.io/pool=a"]' }).workerPools[0]!.labels).toEqual({
      "node.kubernetes.io/pool": "a",
    });
  });
});

describe("the folder of the storage pool", () => {
  it.each([
    "relative/path",
    "/",
    "/home",
    "/home/",
    "//home/pool",
    "/var//pool",
    "/var/lib/libvirt/images/../../../etc",
    "/var/lib/./pool",
    "/var/lib/pool\n",
    "/var/lib/po\u0007ol",
  ])("may not be %j", (path) => {
    expect(problemsOf({ storagePoolPath: path })).toEqual([
      {
        key: "storagePoolPath",
        wanted: "an absolute path of a folder of its own, below another one and without `..`",
        given: JSON.stringify(path),
      },
    ]);
  });

  it.each(["/data/pool", "/data/a pool", "/data/pool/"])("may be %j, which stays as it is", (path) => {
    expect(configWith({ storagePoolPath: path }).storagePool).toMatchObject({ path });
  });
});

describe("full names", () => {
  const domain = (length: number) => `${"a".repeat(60)}.`.repeat(5).slice(0, length - 1) + "a";

  it("have to fit into DNS", () => {
    const longest = 253 - "worker-node-2".length - 1;
    expect(configWith({ nodeDomain: domain(longest) }).network.domain).toHaveLength(longest);
    expect(problemsOf({ nodeDomain: domain(longest + 1) })).toMatchObject([
      { key: "nodeDomain", wanted: `at most ${longest} characters, so that the nodes' full names fit into DNS` },
    ]);
  });
});

describe("the image", () => {
  it.each([
    ["a hash that is none", { imageSha256: "abc" }, "imageSha256", "64 hexadecimal digits", "abc"],
    [
      "a URL without a hash",
      { image: "https://example.test/node.qcow2" },
      "imageSha256",
      "the SHA-256 of the image that is downloaded",
      "",
    ],
  ])("is refused for %s", (_, raw, key, wanted, given) => {
    expect(problemsOf(raw)).toEqual([{ key, wanted, given: JSON.stringify(given) }]);
  });

  it("is refused when neither the stack nor this machine has one", () => {
    expect(problemsOf({}, { locateImage: () => undefined })).toEqual([
      { key: "image", wanted: "a node image; `npm run image` makes one", given: '""' },
    ]);
  });

  it("is not read: its file may be missing, or none of an image", () => {
    for (const image of ["/nonexistent/node.qcow2", sshKeyPath])
      expect(parseConfig({ image, imageSha256: "0".repeat(64) }, surroundings).problems.any).toBe(false);
  });

  it("may come from a URL with its hash, which has no upper case afterwards", () => {
    const { image } = parseConfig(
      { image: "https://example.test/a", imageSha256: "AB".repeat(32) },
      surroundings,
    ).config;
    expect(image).toMatchObject({ source: "https://example.test/a", sha256: "ab".repeat(32) });
  });
});

describe("ssh", () => {
  it.each([
    [{ sshPublicKey: "/nonexistent/key.pub" }, ["sshPublicKey", "sshPrivateKeyPath"]],
    [{ sshPrivateKeyPath: "/nonexistent/key" }, ["sshPrivateKeyPath"]],
    [{ sshPublicKey: publicKey }, ["sshPrivateKeyPath"]],
    [{ sshAgent: "true" }, ["sshAgent"]],
  ] as [Record<string, string>, string[]][])("refuses %o", (raw, keys) => {
    expect(keysOf(raw)).toEqual(keys);
  });
});
