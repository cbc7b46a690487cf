import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  createSchedulerIdentity,
  deleteSchedulerIdentity,
} from "../../../../cli/bench/contestants/scheduler-identity.ts";
import { Connection } from "../../../../lib/api-server.ts";
import { FakeApiServer } from "../run/fake-api-server.ts";

const name = "nodeforge-bench-scheduler";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const paths = [
  `/api/v1/namespaces/kube-system/serviceaccounts/${name}`,
  `${rbac}/clusterroles/${name}`,
  `${rbac}/clusterrolebindings/${name}`,
];

describe("the identity of a local scheduler", () => {
  it("acts as the shipped scheduler, and may be created again", async () => {
    const fake = await FakeApiServer.start();
    using admin = new Connection(fake.server);
    const server = { endpoint: "https://10.0.0.1:6443", ca: "PEM" };
    await createSchedulerIdentity(admin, server);
    const { kubeconfig, token } = await createSchedulerIdentity(admin, server);
    expect(token).toBe(`token of ${name}`);
    const { users, clusters } = parse(kubeconfig) as Record<string, readonly Record<string, unknown>[]>;
    expect(users?.[0]?.["user"]).toEqual({ token, as: "system:kube-scheduler" });
    expect(clusters?.[0]?.["cluster"]).toEqual({
      ...{ server: server.endpoint, "certificate-authority-data": Buffer.from("PEM").toString("base64") },
    });
    expect(paths.filter((path) => fake.objects.has(path))).toEqual(paths);
    expect((fake.objects.get(paths[1]!) as { rules?: readonly object[] }).rules).toEqual([
      { apiGroups: [""], resources: ["users"], verbs: ["impersonate"], resourceNames: ["system:kube-scheduler"] },
      { nonResourceURLs: ["/metrics"], verbs: ["get"] },
    ]);
  });

  it("is deleted, also where there is none, and a failure is reported", async () => {
    const fake = await FakeApiServer.start();
    using admin = new Connection(fake.server);
    await createSchedulerIdentity(admin, fake.server);
    await deleteSchedulerIdentity(admin);
    expect(paths.filter((path) => fake.objects.has(path))).toEqual([]);
    await deleteSchedulerIdentity(admin);
    fake.refuse = () => 403;
    await expect(deleteSchedulerIdentity(admin)).rejects.toThrow("403");
  });
});
