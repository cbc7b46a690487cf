import { beforeEach, describe, expect, it } from "vitest";
import { corefile } from "../../addons/corefile.ts";
import { clusterWith } from "../support/cluster.ts";
import { one, startMocks } from "../support/mocks.ts";

beforeEach(() => startMocks());

interface PodSpec {
  readonly securityContext: { readonly sysctls?: readonly { readonly name: string; readonly value: string }[] };
  readonly containers: readonly { readonly securityContext: object }[];
}

/** Specification of the pods of an add-on. */
async function podsOf(kind: string, name: string): Promise<PodSpec> {
  await clusterWith();
  return (one(kind, name).inputs.spec as { template: { spec: PodSpec } }).template.spec;
}

const addons = [
  ["Deployment", "dev-addons-coredns"],
  ["DaemonSet", "dev-addons-smoke"],
] as const;

describe.each(addons)("the pods of %s %s", (kind, name) => {
  it("are nobody's, with no right and no system call that they do not need, and do not write to their image", async () => {
    const { securityContext, containers } = await podsOf(kind, name);
    expect(securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(containers).toHaveLength(1);
    expect(containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    });
  });
});

describe("ports", () => {
  it("that only root may have are open to the name server, and to no other pod", async () => {
    expect(corefile("cluster.local")).toMatch(/^\.:53 /);
    const { securityContext } = await podsOf("Deployment", "dev-addons-coredns");
    expect(securityContext.sysctls).toEqual([{ name: "net.ipv4.ip_unprivileged_port_start", value: "53" }]);
  });

  it("of the smoke check need no such thing", async () => {
    const { securityContext } = await podsOf("DaemonSet", "dev-addons-smoke");
    expect(securityContext.sysctls).toBeUndefined();
  });
});
