import { describe, expect, it } from "vitest";
import type { ManifestSet } from "../../../../cli/bench/contestants/contestant.ts";
import { ManifestScheduler } from "../../../../cli/bench/contestants/manifest-scheduler.ts";
import type { KubernetesObject } from "../../../../cli/bench/workload/operation.ts";
import { FakeApiServer, type Stored } from "../run/fake-api-server.ts";

const label = "nodeforge.local/bench-scheduler";
const namespace = "/api/v1/namespaces/own";
const deployments = "/apis/apps/v1/namespaces/own/deployments";
const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const systemBindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings";

const role: KubernetesObject = {
  ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "mine" } },
};
const deployment: KubernetesObject = {
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "mine", labels: { a: "b" } } },
  spec: { template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "mine:1" }] } } },
};
const set = (changes: Partial<ManifestSet> = {}): ManifestSet => ({
  ...{ namespace: "own", objects: [role, deployment], images: [], texts: [], hasCommonLimits: true },
  url: "https://{pod}:10259",
  ...changes,
});

/** Returns an API server with a controller of deployments, and a scheduler of manifests. */
async function cluster() {
  const fake = await FakeApiServer.start();
  fake.put("/api/v1/nodes/cp", { metadata: { name: "cp", labels: { "node-role.kubernetes.io/control-plane": "" } } });
  const pods = `${namespace}/pods`;
  let count = 0;
  fake.changed = (method, path, object) => {
    if (!path.startsWith(deployments)) return;
    if (method === "DELETE") return;
    const { template } = object.spec as { template: Stored };
    const name = `mine-${++count}`;
    const metadata = { ...template.metadata, name, namespace: "own", uid: `u${count}` };
    const status = { podIP: "10.0.0.9", conditions: [{ type: "Ready", status: "True" }] };
    fake.put(`${pods}/${name}`, { ...template, metadata, status });
  };
  return { fake, scheduler: new ManifestScheduler(fake.server, {}), pods };
}

describe("a scheduler of manifests", () => {
  it("is applied with its label, and its pods are on the control plane", async () => {
    const { fake, scheduler, pods } = await cluster();
    await scheduler.start("mine", set());
    const object = (path: string) => fake.objects.get(path);
    expect(object(namespace)?.metadata.labels).toEqual({ [label]: "mine" });
    expect(object(`${roles}/mine`)?.metadata.labels).toEqual({ [label]: "mine" });
    expect(object(`${deployments}/mine`)?.metadata.labels).toEqual({ a: "b", [label]: "mine" });
    const pod = object(`${pods}/mine-1`);
    expect(pod?.metadata.labels).toEqual({ a: "b", [label]: "mine" });
    expect(pod?.spec).toEqual({
      nodeName: "cp",
      containers: [{ name: "c", image: "mine:1", imagePullPolicy: "IfNotPresent" }],
    });
    expect(fake.count(/^PATCH .*fieldManager=nodeforge-bench&force=true$/)).toBe(2);
    expect([scheduler.ran, await scheduler.observe(set())]).toEqual([
      true,
      { uids: ["u1"], url: "https://10.0.0.9:10259" },
    ]);
  });

  it("did not run where a pod was replaced or a container started again", async () => {
    const { fake, scheduler, pods } = await cluster();
    await scheduler.start("mine", set());
    const pod = fake.objects.get(`${pods}/mine-1`)!;
    fake.put(`${pods}/mine-1`, { ...pod, status: { ...pod.status, containerStatuses: [{ restartCount: 1 }] } });
    await scheduler.observe(set());
    expect(scheduler.ran).toBe(false);
  });

  it("ends its pods for a pause, keeps the rest, and starts again", async () => {
    const { fake, scheduler, pods } = await cluster();
    await scheduler.start("mine", set());
    await scheduler.stop(set());
    expect([fake.names(pods), fake.names(deployments), fake.names(roles)]).toEqual([[], [], ["mine"]]);
    expect([scheduler.ran, fake.objects.has(namespace)]).toEqual([false, true]);
    await scheduler.start("mine", set());
    expect([fake.names(pods), scheduler.ran]).toEqual([["mine-2"], true]);
  });

  it("is removed with everything that has its label, also by another process, and nothing else is", async () => {
    const { fake, scheduler } = await cluster();
    fake.put(`${roles}/view`);
    fake.put(`${systemBindings}/of-the-user`);
    fake.put(`${systemBindings}/mine`, { metadata: { name: "mine", labels: { [label]: "mine" } } });
    await scheduler.start("mine", set());
    await new ManifestScheduler(fake.server, {}).remove();
    expect([fake.names(roles), fake.names(systemBindings)]).toEqual([["view"], ["of-the-user"]]);
    expect(fake.names("/api/v1/namespaces")).toEqual(["default", "kube-system"]);
    expect(fake.names("/api/v1/pods")).toEqual([]);
    await new ManifestScheduler(fake.server, {}).remove();
  });

  it.each([
    [`${roles}/mine`, "ClusterRole mine exists in the cluster and is not the benchmark's. Fix: "],
    [namespace, "Namespace own exists in the cluster and is not the benchmark's. Fix: "],
  ])("is refused where %s is the user's, which stays unchanged", async (path, message) => {
    const { fake, scheduler } = await cluster();
    fake.put(path);
    const before = fake.objects.get(path);
    await expect(scheduler.start("mine", set())).rejects.toThrow(message);
    expect(fake.objects.get(path)).toEqual(before);
    expect(fake.count(/^PATCH/)).toBe(0);
  });

  it("waits until its namespace of the benchmark before is gone", async () => {
    const { fake, scheduler } = await cluster();
    fake.deletionDelay = 400;
    await scheduler.start("mine", set());
    await scheduler.remove();
    expect(fake.objects.has(namespace)).toBe(true);
    await scheduler.start("mine", set());
    expect(fake.objects.get(namespace)?.metadata.deletionTimestamp).toBeUndefined();
  });
});
