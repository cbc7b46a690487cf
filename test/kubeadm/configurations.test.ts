import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { initConfiguration, versionPlaceholder } from "../../kubeadm/init-configuration.ts";
import { joinConfiguration, type JoinInput } from "../../kubeadm/join-configuration.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "../support/settings.ts";

interface Document {
  kind: string;
  [key: string]: unknown;
}
const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Document);

describe("kubeadm's configuration of the control plane", () => {
  const config = configWith();
  const text = initConfiguration({
    clusterName: "dev",
    node: deriveTopology(config).master,
    network: config.clusterNetwork,
  });

  it("has three documents", () => {
    expect(documents(text).map((document) => document.kind)).toEqual([
      "InitConfiguration",
      "ClusterConfiguration",
      "KubeletConfiguration",
    ]);
  });

  it("announces the node's address, and has a placeholder for the version", () => {
    const [init, cluster] = documents(text);
    expect(init).toMatchObject({ localAPIEndpoint: { advertiseAddress: "192.168.222.10" } });
    expect(cluster).toMatchObject({
      kubernetesVersion: versionPlaceholder,
      controlPlaneEndpoint: "192.168.222.10:6443",
      networking: { podSubnet: "10.244.0.0/16", serviceSubnet: "10.96.0.0/16", dnsDomain: "cluster.local" },
      dns: { disabled: true },
      proxy: { disabled: true },
    });
    expect(text.split(versionPlaceholder)).toHaveLength(2);
  });
});

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
    expect(documents(joinConfiguration(input))).toEqual([
      {
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
      },
    ]);
  });

  it("has the taints, and no labels, which a later step sets", () => {
    const taints = [{ key: "a", effect: "NoSchedule" as const }];
    const [join] = documents(joinConfiguration({ ...input, taints }));
    expect(join).toMatchObject({
      nodeRegistration: {
        taints,
        kubeletExtraArgs: [{ name: "node-ip" }],
      },
    });
  });
});
