import type { ClusterNetworkConfig } from "../config/network.ts";
import type { Node } from "../topology.ts";

/** What the control plane is made from. */
export interface InitInput {
  readonly clusterName: string;
  readonly node: Node;
  readonly network: ClusterNetworkConfig;
}

/** containerd's socket, where kubeadm would otherwise probe for runtimes. */
export const criSocket = "unix:///run/containerd/containerd.sock";

/** Stands for the version of the image's own kubeadm, which the node alone knows; guest/init-control-plane.sh fills it in. */
export const versionPlaceholder = "@KUBERNETES_VERSION@";

/** Text of kubeadm's configuration for the control plane (v1beta4): JSON documents, which YAML reads. No secret in it. */
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
      // Both run otherwise here: CoreDNS is deployed by the program, kube-proxy is a unit of the image.
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
