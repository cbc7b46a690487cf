import { describe, expect, onTestFinished, test } from "vitest";
import { createGenerator, deleteGenerator } from "../../../../cli/bench/run/generator-identity.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { FakeApiServer } from "./fake-api-server.ts";

const account = "/api/v1/namespaces/kube-system/serviceaccounts/nodeforge-bench";
const binding = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/nodeforge-bench";
const flow = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/nodeforge-bench";

async function connected() {
  const fake = await FakeApiServer.start();
  const admin = new Connection(fake.server, { token: "admin" });
  onTestFinished(() => admin[Symbol.dispose]());
  return { fake, before: new Map(fake.objects), admin };
}

describe("the generator", () => {
  test("gets an account, its rights, and a flow without queues before those of Kubernetes", async () => {
    const { fake, before, admin } = await connected();
    expect(await createGenerator(admin)).toBe("token of nodeforge-bench");
    const created = [...fake.objects.keys()].filter((path) => !before.has(path));
    expect(created).toEqual([account, binding, flow]);
    const subject = { kind: "ServiceAccount", name: "nodeforge-bench", namespace: "kube-system" };
    expect(fake.objects.get(binding)).toMatchObject({ roleRef: { name: "cluster-admin" }, subjects: [subject] });
    const spec = fake.objects.get(flow)?.spec as { matchingPrecedence: number };
    expect(spec).toMatchObject({ priorityLevelConfiguration: { name: "exempt" } });
    expect(spec.matchingPrecedence).toBeLessThan(100);
  });

  test("uses the objects of a killed benchmark again", async () => {
    const { fake, admin } = await connected();
    await createGenerator(admin);
    const size = fake.objects.size;
    expect(await createGenerator(admin)).toBe("token of nodeforge-bench");
    expect(fake.objects.size).toBe(size);
  });

  test("is deleted without a rest, and may be missing", async () => {
    const { fake, before, admin } = await connected();
    await createGenerator(admin);
    await deleteGenerator(admin);
    await deleteGenerator(admin);
    expect(fake.objects).toEqual(before);
  });

  test.each([403, 422])("is not made or deleted when the API server answers %d", async (status) => {
    const { fake, admin } = await connected();
    fake.refuse = (_method, path) => (path.includes("clusterrolebindings") ? status : undefined);
    await expect(createGenerator(admin)).rejects.toThrow(String(status));
    await expect(deleteGenerator(admin)).rejects.toThrow(String(status));
    expect(fake.count(/token$/)).toBe(0);
  });
});
