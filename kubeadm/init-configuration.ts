import type { ClusterNetworkConfig } from "../config/network.ts";
import type { Node } from "../topology.ts";

/** Input of {@link initConfiguration}. */
export interface InitInput {
  readonly clusterName: string;
  readonly node: Pick<Node, "name" | "address" | "fqdn">;
  readonly network: ClusterNetworkConfig;
}

/** Socket of containerd. Without it kubeadm would probe for runtimes. */
export const criSocket = "unix:///run/containerd/containerd.sock";

/** Placeholder for the version of the image's kubeadm; guest/init-control-plane.sh replaces it on the node. */
export const versionPlaceholder = "@KUBERNETES_VERSION@";

/** Returns kubeadm's configuration of the control plane (v1beta4): JSON documents in one YAML stream, without a secret. */
export function initConfiguration({ clusterName, node, network }: InitInput): string {
  const documents = [
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: node.address, bindPort: 6443 },
      nodeRegistration: {
        name: node.name,
        criSocket,
        kubeletExtraArgs: [{ name: "node-ip", value: node.address }],
        taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
      },
    },
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "ClusterConfiguration",
      kubernetesVersion: versionPlaceholder,
      clusterName,
      controlPlaneEndpoint: `${node.address}:6443`,
      networking: { podSubnet: network.podCidr, serviceSubnet: network.serviceCidr, dnsDomain: network.domain },
      apiServer: { certSANs: [node.name, node.fqdn] },
      // The program deploys CoreDNS, and kube-proxy is a unit of the image.
      dns: { disabled: true },
      proxy: { disabled: true },
    },
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
    },
  ];
  return documents.map((document) => `${JSON.stringify(document, null, 2)}\n`).join("---\n");
}
