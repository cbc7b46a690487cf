import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { joinConfiguration, type JoinInput } from "../../kubeadm/join-configuration.ts";

describe("kubeadm's configuration of a join", () => {
  const input: JoinInput = {
    name: "worker-node-1",
    address: "192.168.222.101",
    endpoint: "192.168.222.10:6443",
    token: "abcdef.0123456789abcdef",
    caCertHash: "sha256:00",
    taints: [],
  };

  it("pins the CA and announces the node's address", () => {
    expect(parse(joinConfiguration(input))).toEqual({
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "JoinConfiguration",
      discovery: {
        bootstrapToken: {
          apiServerEndpoint: "192.168.222.10:6443",
          token: "abcdef.0123456789abcdef",
          caCertHashes: ["sha256:00"],
        },
      },
      nodeRegistration: {
        name: "worker-node-1",
        criSocket: "unix:///run/containerd/containerd.sock",
        taints: [],
        kubeletExtraArgs: [{ name: "node-ip", value: "192.168.222.101" }],
      },
    });
  });

  it("has the taints, and no labels, which a later step sets", () => {
    const taints = [{ key: "a", effect: "NoSchedule" as const }];
    expect(parse(joinConfiguration({ ...input, taints }))).toMatchObject({
      nodeRegistration: {
        taints,
        kubeletExtraArgs: [{ name: "node-ip" }],
      },
    });
  });
});
