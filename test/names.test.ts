import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  consoleLogName,
  contentVolumeName,
  dataDiskSerial,
  dataVolumeName,
  domainDescription,
  domainMark,
  hasClusterIdInName,
  hasMark,
  hasSignature,
  imageLabel,
  imageOfBaseVolume,
  isControlPlaneMachine,
  isDataDisk,
  nameOfUrn,
  networkMark,
  nodeOfResource,
  poolLabel,
  simulatedLabel,
  resourceType,
  smokeNamespace,
  suffix,
} from "../names.ts";

const id = "0123abcd-1111-2222-3333-444444444444";

test("no type token of a state has changed", () => {
  expect({ ...resourceType }).toEqual({
    cluster: "nodeforge:index:Cluster",
    master: "nodeforge:index:Master",
    worker: "nodeforge:index:Worker",
    baseImage: "nodeforge:index:BaseImage",
    nodeReadiness: "nodeforge:index:NodeReadiness",
    simulatedNodes: "nodeforge:index:SimulatedNodes",
    domain: "libvirt:index/domain:Domain",
    network: "libvirt:index/network:Network",
    pool: "libvirt:index/pool:Pool",
    volume: "libvirt:index/volume:Volume",
    localCommand: "command:local:Command",
    remoteCommand: "command:remote:Command",
    randomUuid: "random:index/randomUuid:RandomUuid",
    libvirtProvider: "pulumi:providers:libvirt",
    stack: "pulumi:pulumi:Stack",
    virtualMachine: "nodeforge:index:VirtualMachine",
    cloudInitDisk: "nodeforge:index:CloudInitDisk",
    bootstrapToken: "nodeforge:index:BootstrapToken",
  });
});

test("no name that is in a state, in libvirt or in Kubernetes has changed", () => {
  expect({ ...suffix }).toEqual({
    id: "-id",
    network: "-network",
    pool: "-pool",
    base: "-base",
    addons: "-addons",
    simulated: "-simulated",
    root: "-root",
    seed: "-seed",
    data: "-data",
    growth: "-data-growth",
    hostKey: "-host-key",
    init: "-init",
    drainPolicy: "-drain-policy",
    kubeconfig: "-kubeconfig",
    token: "-token",
    join: "-join",
    ready: "-ready",
  });
  expect(contentVolumeName("lab-base-0123456789ab", "qcow2", id)).toBe("lab-base-0123456789ab-0123abcd.qcow2");
  expect(contentVolumeName("lab-node-1-seed-0123456789ab", "iso", undefined)).toBe("lab-node-1-seed-0123456789ab.iso");
  expect(dataVolumeName("lab-master", id)).toBe("lab-master-data-0123abcd.qcow2");
  expect(domainDescription(domainMark("lab", id), "00112233aabb")).toBe(
    `nodeforge cluster lab, ${id}, machine 00112233aabb`,
  );
  expect(networkMark("lab", id)).toBe(
    `<nodeforge:cluster xmlns:nodeforge="urn:nodeforge:cluster">lab, ${id}</nodeforge:cluster>`,
  );
  expect(networkMark("lab", undefined)).toContain(">lab</");
  expect(consoleLogName("lab-master")).toBe("lab-master-console.log");
  expect([imageLabel, poolLabel, simulatedLabel]).toEqual([
    "nodeforge.local/image",
    "nodeforge.local/pool",
    "nodeforge.local/simulated",
  ]);
});

test.each([
  ["guest/init-control-plane.sh", "the label of a node's image", imageLabel],
  ["guest/worker-ready.sh", "the namespace of the smoke check", smokeNamespace],
  ["nix/files/machine.sh", "the serial number of the data disk", dataDiskSerial],
])("%s has %s", (path, _, name) => {
  expect(readFileSync(path, "utf8")).toMatch(new RegExp(`(^|[^\\w-])${name}([^\\w-]|$)`, "m"));
});

test("the name of a resource is the last part of its URN", () => {
  expect(nameOfUrn("urn:pulumi:dev::nodeforge::a$b::lab-master")).toBe("lab-master");
  expect(nameOfUrn("")).toBe("");
});

describe("a name is recognized", () => {
  test("as the resource of a node", () => {
    expect(nodeOfResource("lab", "lab-master-init", suffix.init)).toBe("master");
    expect(nodeOfResource("lab", "lab-node-1-data-init", suffix.init)).toBe("node-1-data");
    expect(nodeOfResource("lab", "other-master-init", suffix.init)).toBeUndefined();
    expect(nodeOfResource("lab", "lab-master-kubeconfig", suffix.init)).toBeUndefined();
  });

  test("as the data disk of a control plane", () => {
    const parents = "urn:pulumi:dev::nodeforge::nodeforge:index:Cluster";
    const volume = "libvirt:index/volume:Volume";
    expect(isDataDisk(`${parents}$nodeforge:index:Master$${volume}::lab-master-data`)).toBe(true);
    expect(
      isDataDisk(`${parents}$nodeforge:index:Master$nodeforge:index:VirtualMachine$${volume}::lab-data-root`),
    ).toBe(false);
    expect(isDataDisk(`${parents}$nodeforge:index:VirtualMachine$${volume}::lab-my-data`)).toBe(false);
  });

  test("as the base volume of an image, with or without the cluster's id", () => {
    expect(imageOfBaseVolume("lab-base-0123456789ab-0123abcd.qcow2")).toBe("0123456789ab");
    expect(imageOfBaseVolume("lab-base-0123456789ab.qcow2")).toBe("0123456789ab");
    expect(imageOfBaseVolume("lab-node-1-seed-0123456789ab-0123abcd.iso")).toBeUndefined();
    expect(imageOfBaseVolume("lab-master-root-0123abcd")).toBeUndefined();
  });

  test("as a volume of the cluster", () => {
    expect(hasClusterIdInName("lab-master-data-0123abcd.qcow2", id)).toBe(true);
    expect(hasClusterIdInName("lab-node-1-seed-0123456789ab-0123abcd.iso", id)).toBe(true);
    expect(hasClusterIdInName("lab-master-data-4567abcd.qcow2", id)).toBe(false);
    expect(hasClusterIdInName("lab-0123abcd-data.qcow2", id)).toBe(false);
  });

  test("as a domain of the cluster and of a signature", () => {
    const description = `nodeforge cluster lab, ${id}, machine 00112233aabb`;
    expect(hasMark(description, domainMark("lab", id))).toBe(true);
    expect(hasMark(description, domainMark("lab", id.slice(0, -1)))).toBe(false);
    expect(hasSignature(description, "00112233aabb")).toBe(true);
    expect(hasSignature(description, "112233aabb")).toBe(false);
  });
});

test("the machine of a control plane is a domain below it, also in states of earlier releases", () => {
  const of = (...types: readonly string[]) =>
    isControlPlaneMachine(`urn:pulumi:lab::nodeforge::${types.join("$")}::lab`);
  const { cluster, master, worker, virtualMachine, domain, volume } = resourceType;
  expect([of(cluster, master, domain), of(cluster, master, virtualMachine, domain)]).toEqual([true, true]);
  expect([of(cluster, worker, domain), of(cluster, master, volume), of(domain), of(cluster, master)]).toEqual(
    Array(4).fill(false),
  );
  expect(isControlPlaneMachine("")).toBe(false);
});
