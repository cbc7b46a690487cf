import { beforeEach, describe, expect, it } from "vitest";
import { clusterWith } from "../support/cluster.ts";
import { one, registered, startMocks } from "../support/mocks.ts";
import { parseScriptInput } from "../support/script-input.ts";

beforeEach(() => startMocks());

const name = "dev-addons-metrics";
const parametersOfInit = () =>
  parseScriptInput(one("Command", "dev-master-init").inputs.stdin).scripts["init-control-plane"]?.parameters ?? {};

describe("the account of Prometheus", () => {
  it("exists only if a component has metrics for other machines", async () => {
    await clusterWith({});
    expect(registered.filter((resource) => resource.name === name)).toEqual([]);
    expect(Object.keys(parametersOfInit())).not.toContain("METRICS");
  });

  it("reads metrics and nodes, and nothing else", async () => {
    await clusterWith({ componentMetrics: '["scheduler","etcd"]' });
    expect(parametersOfInit().METRICS).toBe("2381,10259");
    expect(registered.filter((resource) => resource.name === name)).toHaveLength(4);
    expect(one("ServiceAccount", name).inputs.metadata).toEqual({ name: "prometheus", namespace: "kube-system" });
    expect(one("ClusterRole", name).inputs.rules).toEqual([
      { nonResourceURLs: ["/metrics", "/metrics/slis"], verbs: ["get"] },
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
    ]);
    expect(one("ClusterRoleBinding", name).inputs).toMatchObject({
      roleRef: { kind: "ClusterRole", name: "nodeforge:metrics" },
      subjects: [{ kind: "ServiceAccount", name: "prometheus", namespace: "kube-system" }],
    });
  });
});

describe("the audit policy", () => {
  it("reaches the control plane under the path that the API server's arguments name", async () => {
    await clusterWith({});
    expect(Object.keys(parametersOfInit())).not.toContain("AUDIT_POLICY");
    expect(Object.keys(parametersOfInit())).not.toContain("AUDIT_FILE");
    await startMocks();
    await clusterWith({ auditPolicy: "default" });
    const { AUDIT_POLICY = "", AUDIT_FILE, ARGUMENTS } = parametersOfInit();
    expect(JSON.parse(AUDIT_POLICY)).toMatchObject({ kind: "Policy" });
    expect(AUDIT_FILE).toMatch(/^\/etc\/kubernetes\/nodeforge-audit-[0-9a-f]{12}\.json$/);
    expect(ARGUMENTS).toContain(`kube-apiserver "--audit-policy-file=${AUDIT_FILE}"`);
  });
});
