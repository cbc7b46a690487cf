import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/index.ts";
import { readSchema } from "../../config/schema.ts";
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
    const fast = parseConfig({}, { ...surroundings, localDomainType: "kvm" });
    expect(fast.domainType).toBe("kvm");
    expect(fast.timeouts.boot).toBe(5);
  });

  it("does not judge a remote hypervisor by this machine", () => {
    expect(configWith({ libvirtUri: "qemu+ssh://root@host/system" }).domainType).toBe("kvm");
  });

  it("reads the operator's key pair and hashes the image", () => {
    const config = configWith();
    expect(config.ssh.publicKey).toBe(publicKey);
    expect(config.ssh.privateKey).toBe(readFileSync(sshKeyPath, "utf8"));
    expect(config.image).toEqual({
      source: imagePath,
      sha256: createHash("sha256").update(readFileSync(imagePath)).digest("hex"),
    });
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
    ["storagePoolPath", "relative/path"],
    ["sshUser", "Root User"],
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
  ])("refuses %s = %s", (key, value) => {
    expect(keysOf({ [key]: JSON.stringify([value]) })).toEqual([key]);
  });

  it("allows the labels a node may set on itself", () => {
    expect(configWith({ workerLabels: '["node.kubernetes.io/pool=a"]' }).workerPools[0]!.labels).toEqual({
      "node.kubernetes.io/pool": "a",
    });
  });
});

describe("the image", () => {
  const other = "0".repeat(64);
  it.each([
    [{ image: "/nonexistent/node.qcow2" }, ["image"]],
    [{ image: sshKeyPath }, ["image"]],
    [{ imageSha256: "abc" }, ["imageSha256"]],
    [{ imageSha256: other }, ["imageSha256"]],
    [{ image: "https://example.test/node.qcow2" }, ["imageSha256"]],
  ] as [Record<string, string>, string[]][])("refuses %o", (raw, keys) => {
    expect(keysOf(raw)).toEqual(keys);
  });

  it("is missed when there is none at all", () => {
    const problems = problemsOf({}, { defaultImage: undefined });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.wanted).toContain("npm run image");
  });

  it("may come from a URL with its hash", () => {
    const source = "https://example.test/node.qcow2";
    expect(configWith({ image: source, imageSha256: other }).image).toEqual({ source, sha256: other });
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
