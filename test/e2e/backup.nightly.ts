import { rmSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smokeNamespace } from "../../names.ts";
import { Lab } from "./lab.ts";

// A cluster whose data disk is lost for good, and whose objects come back onto a new control plane.
const lab = new Lab("e2e");
const both = ["master", "worker-node-1"];
const written: string[] = [];
const secret = "of the restored cluster";
let identity: string;

/** Names of all objects that a user has made. */
const ownObjects = async () => {
  const kinds = "configmaps,secrets,deployments,serviceaccounts";
  const listed = await lab.kubectl("get", kinds, "-n", "kept", "-o", "name");
  return listed.trim().split("\n").sort();
};

/** Turns the control plane off and deletes its data disk. Returns the disk's path and its size in bytes. */
async function loseDataDisk() {
  const [path = ""] = (await lab.virsh("domblklist", "e2e-master", "--details"))
    .map((line) => line.split(/\s+/).at(-1) ?? "")
    .filter((file) => file.includes("e2e-master-data"));
  expect(path).not.toBe("");
  const size = /Capacity:\s+(\d+)/.exec((await lab.virsh("vol-info", "--bytes", path)).join("\n"))?.[1] ?? "";
  await lab.virsh("destroy", "e2e-master");
  await lab.virsh("vol-delete", path);
  return { path, size };
}

/** Takes a backup and returns its path, which is removed at the end. */
async function backUp(): Promise<string> {
  const taken = await lab.nodeforge("backup", [], 35);
  expect(taken.exitCode, taken.all).toBe(0);
  const [path = ""] = taken.stdout.split("\n").filter((line) => line.endsWith(".nodeforge-backup"));
  written.push(path);
  return path;
}

beforeAll(async () => {
  await lab.prepare();
  await lab.set("workers", "1");
  await lab.up();
  identity = await lab.clusterIdentity();
});
afterAll(() => {
  for (const path of written) rmSync(path, { force: true });
  lab.remove();
});

describe("a backup", () => {
  let path: string;
  let objects: string[];

  it("is a private, encrypted and complete file", async () => {
    await lab.kubectl("create", "namespace", "kept");
    await lab.kubectl("-n", "kept", "create", "secret", "generic", "word", `--from-literal=word=${secret}`);
    await lab.kubectl("-n", "kept", "create", "configmap", "note", "--from-literal=note=kept");
    await lab.kubectl("-n", "kept", "create", "serviceaccount", "reader");
    await lab.apply({
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "kept" } },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            containers: [
              { name: "web", image: "nodeforge.local/smoke:1", imagePullPolicy: "Never", command: ["sleep", "86400"] },
            ],
          },
        },
      },
    });
    await lab.kubectl("-n", "kept", "rollout", "status", "deployment/web", "--timeout=240s");
    objects = await ownObjects();
    path = await backUp();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(path);
    for (const word of [secret, "PRIVATE KEY", "/registry/secrets"]) expect(bytes.includes(word)).toBe(false);
    const verified = await lab.nodeforge("backup", ["verify", path], 5);
    expect(verified.all).toMatch(/ is complete: \d+ files and [\d.]+ MiB of etcd \S+ at revision \d+, from cluster /);
    await lab.kubectl("-n", "kept", "create", "configmap", "later", "--from-literal=note=lost");
  });

  it("restores every object onto the same cluster, and the worker stays", async () => {
    const boots = await lab.bootIds();
    const restored = await lab.nodeforge("restore", [path, "--yes"], 80);
    expect(restored.exitCode, restored.all).toBe(0);
    expect(restored.all).toContain("workers that stay: worker-node-1");
    expect(await ownObjects()).toEqual(objects);
    await lab.up();
    expect(await lab.bootIds()).toEqual(boots);
    expect(await lab.readyNodes()).toEqual(both);
    await lab.expectNothingToDo();
  });

  it("restores every object onto a blank data disk, and the worker stays in the same cluster", async () => {
    const boots = await lab.bootIds(["worker-node-1"]);
    const uidOf = (node: string) => lab.kubectl("get", `node/${node}`, "-o", "jsonpath={.metadata.uid}");
    const uids = [await uidOf("master"), await uidOf("worker-node-1")];
    const [master] = await lab.nodes();
    const { path: disk, size } = await loseDataDisk();
    const refused = await lab.nodeforge("up", ["--yes"], 20);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.all).toContain(
      `the disk with the control plane's data is missing, volume ${basename(disk)} of pool nodeforge-e2e.`,
    );
    // The documented way to keep the workers.
    await lab.virsh("vol-create-as", "nodeforge-e2e", basename(disk), size, "--format", "qcow2");
    await lab.virsh("start", "e2e-master");
    await lab.eventually("the login to the control plane", 10, async () => {
      await lab.ssh(master!.address, "mountpoint /var/lib/etcd && test ! -e /etc/kubernetes/nodeforge-made");
    });
    const restored = await lab.nodeforge("restore", [path, "--yes"], 80);
    expect(restored.exitCode, restored.all).toBe(0);
    expect(restored.all).toContain("writing the certificates and keys of the backup to the blank disk");
    expect(restored.all).toContain("workers that stay: worker-node-1");
    await lab.up();
    expect(await lab.clusterIdentity()).toBe(identity);
    expect(await ownObjects()).toEqual(objects);
    expect([await uidOf("master"), await uidOf("worker-node-1")]).toEqual(uids);
    expect(await lab.bootIds(["worker-node-1"])).toEqual(boots);
    expect(await lab.readyNodes()).toEqual(both);
    await lab.kubectl("-n", "kept", "rollout", "status", "deployment/web", "--timeout=240s");
    await lab.expectNothingToDo();
  });

  it("is refused by a cluster that has objects of a user and another id", async () => {
    // The documented way to give up the data of a control plane that does not answer.
    await loseDataDisk();
    const refused = await lab.nodeforge("up", ["--yes"], 20);
    expect(refused.exitCode).not.toBe(0);
    const destroyed = await lab.nodeforge("destroy", ["--yes"], 20);
    expect(destroyed.exitCode, destroyed.all).toBe(0);
    await lab.up();
    expect(await lab.clusterIdentity()).not.toBe(identity);
    await lab.kubectl("create", "namespace", "another");
    const declined = await lab.nodeforge("restore", [path, "--yes"], 20);
    expect(declined.exitCode).not.toBe(0);
    expect(declined.all).toContain("the cluster has objects that the backup would replace: namespace/another");
    expect(await lab.readyNodes()).toEqual(both);
    await lab.kubectl("delete", "namespace", "another");
  });

  it("brings every object back onto the new control plane, and the worker is in the cluster again", async () => {
    const restored = await lab.nodeforge("restore", [path, "--yes"], 80);
    expect(restored.exitCode, restored.all).toBe(0);
    // The command that the restore names.
    await lab.up();
    expect(await lab.clusterIdentity()).toBe(identity);
    expect(await ownObjects()).toEqual(objects);
    const word = await lab.kubectl("-n", "kept", "get", "secret/word", "-o", "jsonpath={.data.word}");
    expect(Buffer.from(word, "base64").toString()).toBe(secret);
    expect(await lab.readyNodes()).toEqual(both);
    await lab.kubectl("-n", "kept", "rollout", "status", "deployment/web", "--timeout=240s");
    // The pods of the add-ons start again, and the preview compares their objects with the cluster.
    await lab.kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=600s");
    await lab.kubectl("-n", smokeNamespace, "rollout", "status", "daemonset/smoke", "--timeout=600s");
    await lab.expectNothingToDo();
  });

  it("lets the cluster grow afterwards: a new worker joins, and its pod reaches the others", async () => {
    await lab.set("workers", "2");
    await lab.up();
    expect(await lab.readyNodes()).toEqual([...both, "worker-node-2"]);
  });
});

describe("npm run destroy", () => {
  it("keeps the backups", async () => {
    const destroyed = await lab.nodeforge("destroy", ["--yes"], 20);
    expect(destroyed.exitCode, destroyed.all).toBe(0);
    for (const path of written) expect((await stat(path)).size).toBeGreaterThan(0);
  });
});
