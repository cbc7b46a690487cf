import { beforeEach, describe, expect, it } from "vitest";
import { corefile } from "../../addons/corefile.ts";
import { clusterWith } from "../support/cluster.ts";
import { one, startMocks } from "../support/mocks.ts";

beforeEach(() => startMocks());

interface PodSpec {
  readonly securityContext: { readonly sysctls?: readonly { readonly name: string; readonly value: string }[] };
  readonly containers: readonly { readonly securityContext: object }[];
}

/** Returns the specification of an add-on's pods. */
async function podsOf(kind: string, name: string): Promise<PodSpec> {
  await clusterWith();
  return (one(kind, name).inputs.spec as { template: { spec: PodSpec } }).template.spec;
}

const addons = [
  ["Deployment", "dev-addons-coredns"],
  ["DaemonSet", "dev-addons-smoke"],
] as const;

describe.each(addons)("the pods of %s %s", (kind, name) => {
  it("run as an unprivileged user, without capabilities, and with a read-only root file system", async () => {
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

describe("privileged ports", () => {
  it("are open to the name server", async () => {
    expect(corefile("cluster.local")).toMatch(/^\.:53 /);
    const { securityContext } = await podsOf("Deployment", "dev-addons-coredns");
    expect(securityContext.sysctls).toEqual([{ name: "net.ipv4.ip_unprivileged_port_start", value: "53" }]);
  });

  it("are not open to the smoke check", async () => {
    const { securityContext } = await podsOf("DaemonSet", "dev-addons-smoke");
    expect(securityContext.sysctls).toBeUndefined();
  });
});
