import { describe, expect, onTestFinished, test } from "vitest";
import { clean, createNamespace, deleteNamespaces } from "../../../../cli/bench/run/clean-up.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { FakeApiServer } from "./fake-api-server.ts";

const labels = { "nodeforge.local/bench": "true" };
const at = (namespace: string) => `/api/v1/namespaces/${namespace}`;

async function connected() {
  const fake = await FakeApiServer.start();
  fake.put(at("shop"));
  fake.put(`${at("shop")}/pods/web`);
  fake.put("/apis/apps/v1/namespaces/shop/deployments/web");
  fake.put("/apis/scheduling.k8s.io/v1/priorityclasses/high");
  fake.put("/api/v1/nodes/worker-1");
  const connection = new Connection(fake.server);
  onTestFinished(() => connection[Symbol.dispose]());
  return { fake, before: new Map(fake.objects), connection };
}

describe("a namespace", () => {
  test("has the benchmark's label beside its own, and a service account before its first pod", async () => {
    const { fake, connection } = await connected();
    fake.accountDelay = 20;
    await createNamespace(connection, "a", { labels: { team: "x" } });
    expect(fake.objects.get(at("a"))?.metadata.labels).toEqual({ team: "x", ...labels });
    expect(fake.names(`${at("a")}/serviceaccounts`)).toEqual(["default"]);
  });

  test("of the benchmark is used again", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    const objects = new Map(fake.objects);
    await createNamespace(connection, "a");
    expect(fake.objects).toEqual(objects);
  });

  test.each(["shop", "default", "kube-system"])("of the user's own is refused: %s", async (name) => {
    const { fake, before, connection } = await connected();
    const expected = `the namespace ${name} exists and is not the benchmark's. Fix: name another namespace`;
    await expect(createNamespace(connection, name)).rejects.toThrow(expected);
    expect(fake.objects).toEqual(before);
  });

  test("of the benchmark that is being deleted is waited for and created again", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a", { labels: { team: "x" } });
    fake.put(`${at("a")}/configmaps/old`);
    fake.deletionDelay = 100;
    await deleteNamespaces(connection);
    expect(fake.objects.get(at("a"))?.metadata).toHaveProperty("deletionTimestamp");
    await createNamespace(connection, "a");
    expect(fake.objects.get(at("a"))?.metadata).toEqual({ name: "a", labels });
    expect(fake.names(`${at("a")}/serviceaccounts`)).toEqual(["default"]);
    expect(fake.names(`${at("a")}/configmaps`)).toEqual([]);
  });

  test("that is gone between two requests is created", async () => {
    const { fake, connection } = await connected();
    fake.refuse = (method) => (method === "POST" && fake.count(/^POST/) === 1 ? 409 : undefined);
    await createNamespace(connection, "a");
    expect(fake.objects.get(at("a"))?.metadata).toEqual({ name: "a", labels });
    expect(fake.count(/^POST/)).toBe(2);
  });

  test("of the user's own that is being deleted is refused at once", async () => {
    const { fake, connection } = await connected();
    fake.put(at("old"), { metadata: { name: "old", deletionTimestamp: "2026-01-01T00:00:00Z" } });
    await expect(createNamespace(connection, "old")).rejects.toThrow("the namespace old exists and is not");
    expect(fake.count(/^POST/)).toBe(1);
  });

  test("that the API server refuses is an error", async () => {
    const { fake, connection } = await connected();
    fake.refuse = () => 403;
    await expect(createNamespace(connection, "a")).rejects.toThrow("403");
  });
});

/** Everything that a workload may leave, in the namespace `a` and outside of it. */
function leave(fake: FakeApiServer): void {
  const groups = ["/api/v1", "/apis/apps/v1", "/apis/batch/v1", "/apis/policy/v1"];
  const kinds = [
    ["pods", "services", "configmaps", "secrets"],
    ["daemonsets", "deployments", "replicasets"],
    ["jobs"],
    ["poddisruptionbudgets"],
  ];
  for (const [index, group] of groups.entries()) {
    for (const kind of kinds[index]!) {
      fake.put(`${group}/namespaces/a/${kind}/x`, { metadata: { name: "x", namespace: "a", labels } });
    }
  }
  fake.put("/apis/scheduling.k8s.io/v1/priorityclasses/x", { metadata: { name: "x", labels } });
  fake.put("/api/v1/nodes/x", { metadata: { name: "x", labels } });
  const finalizers = ["kubernetes.io/pv-protection"];
  fake.put("/api/v1/persistentvolumes/x", { metadata: { name: "x", labels, finalizers } });
  fake.put(`${at("a")}/persistentvolumeclaims/x`, { metadata: { name: "x", namespace: "a", labels, finalizers } });
}

describe("a clean-up", () => {
  test("deletes everything of the benchmark but its namespaces, and nothing of the user's", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    // The cluster's own, which every namespace has.
    fake.put(`${at("a")}/configmaps/kube-root-ca.crt`);
    const before = new Map(fake.objects);
    leave(fake);
    await clean(connection);
    expect(fake.objects).toEqual(before);
    expect(fake.count(/^DELETE .*(shop|worker-1|high)/)).toBe(0);
  });

  test("deletes controllers before their pods", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    leave(fake);
    await clean(connection);
    const deletions = fake.requests.filter((request) => request.startsWith("DELETE"));
    const lastController = deletions.findLastIndex((request) => /(sets|deployments|jobs)\?/.test(request));
    expect(lastController).toBe(3);
    expect(deletions.findIndex((request) => request.endsWith("/pods/x?gracePeriodSeconds=0"))).toBe(4);
  });

  test("waits until the last pod is gone", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    for (const name of ["x", "y", "z"]) fake.put(`${at("a")}/pods/${name}`);
    // y has a finalizer at its first deletion, and something else deletes z before.
    fake.refuse = (method, path) => {
      if (method !== "DELETE") return undefined;
      if (path.includes("/pods/z?")) fake.objects.delete(`${at("a")}/pods/z`);
      return path.includes("/pods/y?") && fake.count(/^DELETE .*pods\/y/) === 1 ? 200 : undefined;
    };
    await clean(connection);
    expect(fake.names(`${at("a")}/pods`)).toEqual([]);
    const deletions = fake.requests.filter((request) => /^DELETE .*pods\//.test(request));
    expect(deletions.map((request) => request.split(/[/?]/).at(-2)).sort()).toEqual(["x", "y", "y", "z"]);
  });

  test("deletes more pods than one list has", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    for (let number = 0; number < 1_001; number++) fake.put(`${at("a")}/pods/p${number}`);
    await clean(connection);
    expect(fake.names(`${at("a")}/pods`)).toEqual([]);
    expect(fake.count(/^GET .*pods\?limit=1000$/)).toBe(3);
  });

  test("tries a deletion again, and passes services that cannot be deleted together", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    leave(fake);
    let failures = 0;
    fake.refuse = (method, path) => {
      if (method !== "DELETE") return undefined;
      if (path.includes("/services?")) return 405;
      return path.includes("/secrets?") && failures++ < 2 ? 409 : undefined;
    };
    await clean(connection);
    expect(fake.names(`${at("a")}/secrets`)).toEqual([]);
    expect(fake.names(`${at("a")}/services`)).toEqual(["x"]);
    expect(fake.count(/^DELETE .*secrets/)).toBe(3);
    expect(fake.count(/^DELETE .*services\?/)).toBe(1);
  });

  test("removes the finalizers of its own volumes and claims, and of no others", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    const finalizers = ["kubernetes.io/pv-protection"];
    fake.put("/api/v1/persistentvolumes/data", { metadata: { name: "data", finalizers } });
    fake.put(`${at("shop")}/persistentvolumeclaims/data`, { metadata: { name: "data", finalizers } });
    leave(fake);
    // The controller manager removes a claim's finalizer first.
    fake.refuse = (method, path) => (method === "PATCH" && path.includes("claims/x") ? 404 : undefined);
    await clean(connection);
    expect(fake.requests.filter((request) => request.startsWith("PATCH"))).toEqual([
      `PATCH ${at("a")}/persistentvolumeclaims/x`,
      "PATCH /api/v1/persistentvolumes/x",
    ]);
    expect(fake.names("/api/v1/persistentvolumes")).toEqual(["data"]);
    expect(fake.objects.get(`${at("shop")}/persistentvolumeclaims/data`)?.metadata).toMatchObject({ finalizers });
  });

  test("gives up a deletion after ten tries", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    fake.refuse = (method, path) => (method === "DELETE" && path.includes("/jobs?") ? 403 : undefined);
    await expect(clean(connection)).rejects.toThrow("403");
    expect(fake.count(/^DELETE .*jobs/)).toBe(10);
  });

  test("ends at the signal", async () => {
    const { fake, connection } = await connected();
    await createNamespace(connection, "a");
    fake.put(`${at("a")}/pods/x`);
    fake.refuse = (method, path) => (method === "DELETE" && path.includes("/pods/x?") ? 200 : undefined);
    await expect(clean(connection, AbortSignal.timeout(50))).rejects.toThrow();
  });

  test("of the namespaces leaves those of the user's", async () => {
    const { fake, before, connection } = await connected();
    for (const name of ["a", "b"]) await createNamespace(connection, name);
    await deleteNamespaces(connection);
    expect(fake.objects).toEqual(before);
  });
});
