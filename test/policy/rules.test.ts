import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as library from "@pulumi/policy";
import { describe, expect } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { judge, type PlannedResource, type Rule } from "../../policy/rule.ts";
import { rules } from "../../policy/rules.ts";
import { test } from "../support/folder.ts";

/** Adds the reads that throw, as the library does for each rule. The library exports it without its type. */
const { unknownCheckingProxy } = library as unknown as {
  readonly unknownCheckingProxy: (props: object) => PlannedResource["props"];
};
const remote = "command:remote:Command";
const domain = "libvirt:index/domain:Domain";
const volume = "libvirt:index/volume:Volume";
const provider = "pulumi:providers:libvirt";
const id = "0b9f3f1c-0b9f-4f1c-8b9f-0b9f3f1c0b9f";
const token = `${"a".repeat(6)}.${"b".repeat(16)}`;

const step: PlannedResource = {
  ...{ type: remote, name: "lab-worker-node-1-join" },
  props: {
    connection: { host: "192.168.222.101", hostKey: "ssh-ed25519 AAAA" },
    ...{ create: "/usr/lib/nodeforge/join", logging: "stderr", addPreviousOutputInEnv: false },
  },
  opts: { customTimeouts: { createSeconds: 600 }, additionalSecretOutputs: [] },
};
const machine: PlannedResource = {
  ...{ type: domain, name: "lab-master", opts: {} },
  props: {
    description: `nodeforge cluster lab, ${id}, machine 0123456789ab`,
    graphics: { type: "vnc", listenType: "none" },
  },
};
const hypervisor = (uri?: string): PlannedResource => ({
  ...{ type: provider, name: "hypervisor", opts: {} },
  props: uri === undefined ? {} : { uri },
});
const disk = (props: object): PlannedResource => ({ type: volume, name: "lab-disk", props: { ...props }, opts: {} });
const withProps = (resource: PlannedResource, props: object): PlannedResource => ({
  ...resource,
  props: { ...resource.props, ...props },
});

/** Names of the broken rules. */
const broken = (resource: PlannedResource) =>
  rules.filter((rule) => judge(rule, resource).problem !== undefined).map(({ name }) => name);

describe("the rules", () => {
  test("have different names and a sentence each", () => {
    expect(rules).toHaveLength(10);
    expect(new Set(rules.map(({ name }) => name)).size).toBe(10);
    for (const { name, description } of rules) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(description).toMatch(/^[A-Z].*\.$/);
    }
  });

  test("are in docs/security.md, and no other rule is", () => {
    const [, section = ""] = readFileSync(inCheckout("docs", "security.md"), "utf8").split(
      "## Rules that Pulumi checks",
    );
    const rows = [...section.split("\n## ")[0]!.matchAll(/^\| `(\S+)` +\| (.*?) *\|$/gm)];
    expect(rows.map(([, name, text]) => [name, text])).toEqual(
      rules.map(({ name, description }) => [name, description]),
    );
  });

  test.for<[string, PlannedResource]>([
    ["a step", step],
    ["a machine", machine],
    ["a local hypervisor", hypervisor("qemu:///system")],
    ["a hypervisor by ssh", hypervisor("qemu+ssh://me@host/system?keyfile=/home/me/key")],
    ["a base image", disk({ name: "lab-base-0123456789ab-0b9f3f1c.qcow2", source: "/i.qcow2", format: "qcow2" })],
    ["an overlay", disk({ baseVolumeId: "x", format: "qcow2" })],
    ["a seed disk that is elsewhere", disk({ name: "s.iso", source: "/missing.iso", format: "iso" })],
    ["a resource of another type", { ...step, type: "command:other:Command", props: {}, opts: {} }],
  ])("allow %s as nodeforge creates it", ([, resource]) => {
    expect(broken(resource)).toEqual([]);
  });

  test.for<[string, PlannedResource]>([
    ["hypervisor-connection", hypervisor("qemu+tcp://host/system")],
    ["hypervisor-connection", hypervisor("qemu+ssh://host/system?command=/bin/x")],
    ["hypervisor-connection", hypervisor("qemu+tls://host/system?no_verify=1")],
    ["hypervisor-connection", hypervisor()],
    ["domain-marks", withProps(machine, { description: "my machine" })],
    ["domain-marks", withProps(machine, { description: undefined })],
    ["domain-graphics", withProps(machine, { graphics: undefined })],
    ["domain-graphics", withProps(machine, { graphics: { type: "vnc", listenType: "address" } })],
    ["domain-graphics", withProps(machine, { graphics: { type: "vnc", listenType: "none", websocket: 5900 } })],
    ["image-digest", disk({ name: "lab.qcow2", source: "/i.qcow2", format: "qcow2" })],
    ["pinned-host-key", withProps(step, { connection: { host: "192.168.222.101" } })],
    ["pinned-host-key", withProps(step, { connection: { host: "192.168.222.101", hostKey: "" } })],
    ["step-time-limit", { ...step, opts: {} }],
    ["step-time-limit", { ...step, opts: { customTimeouts: { createSeconds: 0 } } }],
    ["step-output", withProps(step, { logging: "stdoutAndStderr" })],
    ["step-output", withProps(step, { addPreviousOutputInEnv: undefined })],
    ["no-secret-in-commands", withProps(step, { create: `kubeadm join --token ${token}` })],
    ["no-secret-in-commands", withProps(step, { delete: "echo client-key-data" })],
    ["secret-results", { ...step, name: "lab-master-kubeconfig" }],
    ["secret-results", { ...step, name: "lab-worker-node-1-token" }],
  ])("%s is broken, and no other, by %j", ([name, resource]) => {
    expect(broken(resource)).toEqual([name]);
  });

  test("allow a kubeconfig whose result is a secret", () => {
    const opts = { ...step.opts, additionalSecretOutputs: ["stdout"] };
    expect(broken({ ...step, name: "lab-master-kubeconfig", opts })).toEqual([]);
  });
});

describe("a seed disk", () => {
  const seed = (folder: string, userData: string) => {
    const source = join(folder, "seed.iso");
    writeFileSync(source, `${"\0".repeat(2048)}#cloud-config\n${userData}\n${"\0".repeat(64)}`);
    return broken(disk({ name: "seed.iso", source, format: "iso" }));
  };

  test.for(["users:\n  - name: a\n    lock_passwd: true", "ssh_pwauth: false\nusers: []"])(
    "with %j is allowed",
    (userData, { folder }) => {
      expect(seed(folder, userData)).toEqual([]);
    },
  );

  test.for([
    "users:\n  - name: a\n    passwd: $6$x",
    "users:\n  - plain_text_passwd: x",
    "password: x",
    "chpasswd: { expire: false }",
    "ssh_pwauth: true",
    "ssh_keys:\n  a: |\n    -----BEGIN OPENSSH PRIVATE KEY-----",
  ])("with %j is refused", (userData, { folder }) => {
    expect(seed(folder, userData)).toEqual(["seed-without-secrets"]);
  });
});

describe("a problem", () => {
  const rule = (name: string) => rules.find((other) => other.name === name)!;

  test("names a fix, and never repeats a URI or a secret", () => {
    expect(judge(rule("hypervisor-connection"), hypervisor("qemu+tcp://me:geheim@host/system")).problem).toBe(
      "expected a connection by ssh or tls, such as qemu+ssh://user@host/system. Fix: change `libvirtUri`",
    );
    const create = withProps(step, { create: token });
    expect(judge(rule("no-secret-in-commands"), create).problem).toBe(
      "create has a token or a key. Fix: send it by standard input",
    );
  });

  test("is none of a value that the plan does not know, and another error is thrown", () => {
    // Pulumi's mark of an unknown text.
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const props = unknownCheckingProxy({ connection: { hostKey: unknown } });
    expect(judge(rule("pinned-host-key"), { ...step, props })).toEqual({
      silence: "string value at .connection.hostKey can't be known during preview",
    });
    const broken: Rule = {
      ...rule("pinned-host-key"),
      problemOf: () => {
        throw new Error("broken");
      },
    };
    expect(() => judge(broken, step)).toThrow("broken");
  });
});

test("a rule says nothing about a resource of another type, and finds no problem of one that obeys it", () => {
  const [marks, key] = ["domain-marks", "pinned-host-key"].map((name) => rules.find((rule) => rule.name === name)!);
  expect(judge(marks!, step)).toEqual({ silence: "the rule is for other types" });
  expect(judge(key!, step)).toEqual({});
});
