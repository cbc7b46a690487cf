import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSchema } from "../../config/schema.ts";
import { parseConfig } from "../../config/index.ts";
import { configWith, imagePath, problemsOf, publicKey, sshKeyPath, surroundings } from "../support/settings.ts";

/** Refusals of a configuration, each as its key and the expected value. */
const refusalsOf = (raw: Record<string, string>) => problemsOf(raw).map(({ key, expected }) => [key, expected]);

describe("an empty configuration", () => {
  it("describes one control plane and two workers on a network of its own", () => {
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
        kubelet: {},
        image: config.image,
      },
    ]);
    expect(config.storagePool).toEqual({
      origin: "created",
      name: "nodeforge-dev",
      path: "/var/lib/libvirt/nodeforge-dev",
    });
  });

  it("has the domain type of this machine, and the limits and the join wave of that type", () => {
    expect(configWith().domainType).toBe("qemu");
    expect(configWith().timeouts.boot).toBe(20);
    expect(configWith().joinWaveSize).toBe(20);
    const fast = configWith({}, { localDomainType: "kvm" });
    expect(fast.domainType).toBe("kvm");
    expect(fast.timeouts.boot).toBe(5);
    expect(fast.joinWaveSize).toBe(200);
    expect(configWith({ joinWaveSize: "7" }, { localDomainType: "kvm" }).joinWaveSize).toBe(7);
  });

  it("assumes kvm for a remote hypervisor", () => {
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
  it("names every wrong key with the expected and the given value", () => {
    expect(() =>
      configWith({ workers: "-1", masterMemoryMiB: "lots", wrokers: "3", podCidr: "192.168.222.0/24" }),
    ).toThrow(
      [
        "The stack's configuration cannot be used; nothing was created.",
        '  nodeforge:wrokers: expected one of the known keys (did you mean workers?), got "3"',
        '  nodeforge:masterMemoryMiB: expected a whole number, got "lots"',
        "  nodeforge:workers: expected at least 0, got -1",
        '  nodeforge:podCidr: expected a range apart from networkCidr (192.168.222.0/24), got "192.168.222.0/24"',
      ].join("\n"),
    );
  });

  it("contains no text of a private key", () => {
    const problems = problemsOf({ sshPrivateKeyPath: `${sshKeyPath}.pub`, workers: "x" });
    expect(problems.map((problem) => problem.key)).toEqual(["workers", "sshPrivateKeyPath"]);
    expect(JSON.stringify(problems)).not.toContain("AAAA");
  });
});

describe("a value of the wrong type", () => {
  it.each([
    ["workers", "three", "a whole number"],
    ["workers", "2.5", "a whole number"],
    ["smokeCheck", "yes", "true or false"],
    ["workerLabels", "disk=ssd", "a list of strings"],
    ["workerLabels", "[1]", "a list of strings"],
  ])("is refused: %s = %s", (key, value, expected) => {
    expect(problemsOf({ [key]: value })).toEqual([{ key, expected, given: JSON.stringify(value) }]);
  });
});

describe("names", () => {
  const label = (longest: number) =>
    `a DNS label (lower-case letters, digits, inner hyphens) of at most ${longest} characters`;
  const domain = "a DNS domain such as internal or lab.example";
  const libvirtName = "a name of letters, digits, dots, hyphens and underscores";
  const login = "a user that can log in, unlike the users of the system";
  it.each([
    ["clusterName", "a".repeat(33), label(32)],
    ["clusterName", "Lab", label(32)],
    ["masterName", "-master", label(63)],
    ["masterName", "worker-node-1", "a name no worker can have"],
    ["masterName", "localhost", "a name other than localhost"],
    ["workerNamePrefix", "worker_node", label(61)],
    ["workerNamePrefix", "w".repeat(62), label(61)],
    ["nodeDomain", "in..ternal", domain],
    ["clusterDomain", `${"a".repeat(64)}.local`, domain],
    ["networkName", "a/b", libvirtName],
    ["network", "a b", libvirtName],
    ["storagePool", "../pool", libvirtName],
    ["sshUser", "Root User", "a Unix user name"],
    ["sshUser", "daemon", login],
    ["sshUser", "systemd-network", login],
    ["libvirtUri", "xen:///system", "a URI such as qemu:///system or qemu+ssh://user@host/system"],
    ["domainType", "lxc", "auto, kvm or qemu"],
    ["workerAddressing", "fixed", "dhcp or static"],
  ])("are refused: %s = %s", (key, value, expected) => {
    expect(problemsOf({ [key]: value })).toEqual([{ key, expected, given: JSON.stringify(value) }]);
  });

  it("may have the largest length", () => {
    expect(
      configWith({ clusterName: "a".repeat(32), workerNamePrefix: "w".repeat(61) }).workerPools[0]!.namePrefix,
    ).toHaveLength(61);
  });
});

describe("addresses", () => {
  const subnet = (smallest: number, largest: number, example: string) =>
    `an IPv4 network address with a prefix of ${smallest} to ${largest}, such as ${example}`;
  const unicast = (example: string) => `a range of unicast addresses for machines, such as ${example}`;
  const [nodes, pods, services] = ["192.168.222.0/24", "10.244.0.0/16", "10.96.0.0/16"] as const;
  const ofNodes = "an address of 192.168.222.0/24 other than the hypervisor's 192.168.222.1";
  it.each([
    [{ networkCidr: "192.168.222.1/24" }, "networkCidr", subnet(8, 29, nodes)],
    [{ networkCidr: "192.168.222.0" }, "networkCidr", subnet(8, 29, nodes)],
    [{ networkCidr: "10.0.0.0/4" }, "networkCidr", subnet(8, 29, nodes)],
    [{ networkCidr: "127.0.0.0/24" }, "networkCidr", unicast(nodes)],
    [{ networkCidr: "169.254.1.0/24" }, "networkCidr", unicast(nodes)],
    [{ podCidr: "224.0.0.0/16" }, "podCidr", unicast(pods)],
    [{ podCidr: "240.0.0.0/16" }, "podCidr", unicast(pods)],
    [{ podCidr: "fd00::/64" }, "podCidr", subnet(8, 24, pods)],
    [{ podCidr: "10.244.0.0/23" }, "podCidr", "room for a /24 for each of 3 nodes"],
    [{ serviceCidr: "10.96.0.0/29" }, "serviceCidr", subnet(12, 28, services)],
    [{ serviceCidr: "10.32.0.0/11" }, "serviceCidr", subnet(12, 28, services)],
    [{ serviceCidr: "10.244.128.0/17" }, "serviceCidr", `a range apart from podCidr (${pods})`],
    [{ serviceCidr: "192.168.0.0/16" }, "serviceCidr", `a range apart from networkCidr (${nodes})`],
    [{ masterAddress: "192.168.223.10" }, "masterAddress", ofNodes],
    [{ masterAddress: "192.168.222.1" }, "masterAddress", ofNodes],
    [{ dhcpStart: "192.168.222.1" }, "dhcpStart", ofNodes],
    [{ dhcpEnd: "192.168.223.254" }, "dhcpEnd", ofNodes],
    [
      { masterAddress: "192.168.222.150" },
      "masterAddress",
      "an address outside the DHCP range, so that no lease can take it",
    ],
    [
      { dhcpStart: "192.168.222.200", dhcpEnd: "192.168.222.150" },
      "dhcpEnd",
      "an address not below dhcpStart (192.168.222.200)",
    ],
    [{ dhcpEnd: "192.168.222.101", workers: "3" }, "dhcpEnd", "a DHCP range with room for 3 workers"],
    [
      { workerAddressing: "static", workers: "90" },
      "dhcpStart",
      "90 addresses between masterAddress and the DHCP range",
    ],
  ] as [Record<string, string>, string, string][])("are refused for one reason: %o", (raw, key, expected) => {
    expect(refusalsOf(raw)).toEqual([[key, expected]]);
  });

  it.each([
    { dhcpEnd: "192.168.222.102", workers: "3" },
    { workerAddressing: "static", workers: "89" },
    { podCidr: "10.244.0.0/22", workers: "3" },
    { serviceCidr: "10.96.0.0/28" },
    { serviceCidr: "10.96.0.0/12" },
    { podCidr: "10.0.0.0/8", serviceCidr: "172.16.0.0/16" },
    { network: "lab", networkCidr: "10.9.0.0/16", dhcpStart: "10.9.1.0", dhcpEnd: "10.9.1.255" },
  ] as Record<string, string>[])("are accepted: %o", (raw) => {
    expect(configWith(raw).clusterName).toBe("dev");
  });
});

describe("sizes and counts", () => {
  it.each([
    ["workers", 0],
    ["masterVcpus", 2],
    ["masterMemoryMiB", 1700],
    ["masterDiskGiB", 4],
    ["masterDataDiskGiB", 2],
    ["workerVcpus", 1],
    ["workerMemoryMiB", 768],
    ["workerDiskGiB", 4],
    ["joinWaveSize", 0],
    ["maxUnavailable", 1],
    ["tokenTtlMinutes", 1],
    ["bootTimeoutMinutes", 0],
  ])("refuses %s below %i, and accepts that number", (key, minimum) => {
    expect(configWith({ [key]: String(minimum) }).clusterName).toBe("dev");
    expect(problemsOf({ [key]: String(minimum - 1) })).toEqual([
      { key, expected: `at least ${minimum}`, given: String(minimum - 1) },
    ]);
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
  ])("refuses %s above %i, and accepts that number", (key, maximum) => {
    expect(configWith({ [key]: String(maximum) }).clusterName).toBe("dev");
    for (const given of [maximum + 1, 999_999_999]) {
      expect(problemsOf({ [key]: String(given) })).toEqual([
        { key, expected: `at most ${maximum}`, given: String(given) },
      ]);
    }
  });

  it("has an upper limit for every number", () => {
    const numbers = [...readSchema()].filter(([, { type }]) => type === "integer").map(([key]) => key);
    expect(numbers.length).toBeGreaterThan(15);
    for (const key of numbers) {
      const expected = problemsOf({ [key]: "999999999" }).map((problem) => problem.expected);
      expect(expected, key).toContainEqual(expect.stringMatching(/^at most \d+$/));
    }
  });

  it("refuses more workers than Kubernetes is tested with, in one pool and in all pools together", () => {
    const wide = {
      networkCidr: "10.0.0.0/8",
      dhcpEnd: "10.0.255.254",
      podCidr: "11.0.0.0/8",
      serviceCidr: "192.168.0.0/16",
    };
    expect(problemsOf({ ...wide, workers: "5001" })[0]).toEqual({
      key: "workers",
      expected: "at most 5000",
      given: "5001",
    });
    const pools = ["a", "b"].map((name) => ({ name, count: 2501 }));
    expect(problemsOf({ ...wide, workerPools: JSON.stringify(pools) })[0]).toEqual({
      key: "workerPools",
      expected: "at most 5000 workers in all pools together",
      given: "5002",
    });
  });

  it("accepts a cluster without workers", () => {
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

  const [label, taint] = ["labels such as disk=ssd", "taints such as dedicated=bench:NoSchedule"];
  it.each([
    ["workerLabels", "disk", label],
    ["workerLabels", "a=b=c", label],
    ["workerLabels", "a= b", label],
    ["workerLabels", "lab..example/a=b", label],
    ["workerLabels", "-lab/a=b", label],
    ["workerLabels", "/a=b", label],
    ["workerLabels", "node-role.kubernetes.io/worker=", "labels a node may set on itself (NodeRestriction)"],
    ["workerTaints", "a=b", taint],
    ["workerTaints", "a=b:Never", taint],
    ["workerTaints", "a b:NoSchedule", taint],
    ["workerTaints", "a..b/c:NoSchedule", taint],
    ["workerTaints", "a/b/c:NoSchedule", taint],
  ])("are refused: %s = %s", (key, value, expected) => {
    expect(problemsOf({ [key]: JSON.stringify([value]) })).toEqual([{ key, expected, given: JSON.stringify(value) }]);
  });

  it("may not contradict one another", () => {
    const taints = JSON.stringify(["a=b:NoSchedule", "a=c:NoSchedule", "a=b:NoExecute"]);
    expect(problemsOf({ workerTaints: taints })).toEqual([
      { key: "workerTaints", expected: "one taint of key a and effect NoSchedule", given: '"a=c:NoSchedule"' },
    ]);
    expect(problemsOf({ workerLabels: JSON.stringify(["a=b", "c=d", "a=c"]) })).toEqual([
      { key: "workerLabels", expected: "one value for the label a", given: '"a=c"' },
    ]);
  });

  it("are accepted when a node may set them on itself", () => {
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
        expected: "an absolute path with at least two parts and without `..`, for a folder that nothing else uses",
        given: JSON.stringify(path),
      },
    ]);
  });

  it.each(["/data/pool", "/data/a pool", "/data/pool/"])("may be %j, which stays as written", (path) => {
    expect(configWith({ storagePoolPath: path }).storagePool).toMatchObject({ path });
  });
});

describe("full names", () => {
  const domain = (length: number) => `${"a".repeat(60)}.`.repeat(5).slice(0, length - 1) + "a";

  it("must fit into DNS", () => {
    const longest = 253 - "worker-node-2".length - 1;
    expect(configWith({ nodeDomain: domain(longest) }).network.domain).toHaveLength(longest);
    expect(problemsOf({ nodeDomain: domain(longest + 1) })).toMatchObject([
      {
        key: "nodeDomain",
        expected: `at most ${longest} characters, so that the full name of every node fits into DNS`,
      },
    ]);
  });
});

describe("the image", () => {
  it.each([
    ["an invalid hash", { imageSha256: "abc" }, "imageSha256", "64 hexadecimal digits", "abc"],
    [
      "a URL without a hash",
      { image: "https://example.test/node.qcow2" },
      "imageSha256",
      "the SHA-256 of the image that is downloaded",
      "",
    ],
  ])("is refused for %s", (_, raw, key, expected, given) => {
    expect(problemsOf(raw)).toEqual([{ key, expected, given: JSON.stringify(given) }]);
  });

  it("is refused when neither the stack nor this machine has one", () => {
    expect(problemsOf({}, { locateImage: () => undefined })).toEqual([
      { key: "image", expected: "a node image; `npm run image` makes one", given: '""' },
    ]);
  });

  it("is not read, so its file may be missing or no image", () => {
    for (const image of ["/nonexistent/node.qcow2", sshKeyPath])
      expect(parseConfig({ image, imageSha256: "0".repeat(64) }, surroundings).problems.any).toBe(false);
  });

  it("may come from a URL with its hash, which becomes lower case", () => {
    const { image } = parseConfig(
      { image: "https://example.test/a", imageSha256: "AB".repeat(32) },
      surroundings,
    ).config;
    expect(image).toMatchObject({ source: "https://example.test/a", sha256: "ab".repeat(32) });
  });
});

describe("ssh", () => {
  const readable = "an ssh public key or the path of a readable one";
  const privateKey = "the path of a readable private key, or sshAgent";
  it.each([
    [{ sshPublicKey: "/nonexistent/key.pub" }, [["sshPublicKey", readable]]],
    [
      { sshPublicKey: "/nonexistent/key.pub", sshPrivateKeyPath: "/nonexistent/key" },
      [
        ["sshPublicKey", readable],
        ["sshPrivateKeyPath", privateKey],
      ],
    ],
    [{ sshPrivateKeyPath: "/nonexistent/key" }, [["sshPrivateKeyPath", privateKey]]],
    [{ sshPublicKey: publicKey }, [["sshPrivateKeyPath", privateKey]]],
    [{ sshAgent: "true" }, [["sshAgent", "a running agent whose socket SSH_AUTH_SOCK names"]]],
  ] as [Record<string, string>, string[][]][])("refuses %o", (raw, refusals) => {
    expect(refusalsOf(raw)).toEqual(refusals);
  });
});
