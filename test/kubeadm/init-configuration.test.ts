import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { initConfiguration, versionPlaceholder } from "../../kubeadm/init-configuration.ts";
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
