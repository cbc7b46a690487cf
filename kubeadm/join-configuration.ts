import type { Taint } from "../config/nodes.ts";
import { criSocket } from "./init-configuration.ts";

/** What a worker joins with. */
export interface JoinInput {
  readonly name: string;
  /** Address the kubelet announces as the node's InternalIP. */
  readonly address: string;
  /** host:port of the API server. */
  readonly endpoint: string;
  /** Bootstrap token. Secret. */
  readonly token: string;
  /** sha256:<hex> of the CA's public key; the token alone would not tell the real API server from another. */
  readonly caCertHash: string;
  readonly taints: readonly Taint[];
}

/** Text of kubeadm's JoinConfiguration (v1beta4) for a worker. Secret, because of the token. */
export function joinConfiguration(input: JoinInput): string {
  const configuration = {
    apiVersion: "kubeadm.k8s.io/v1beta4",
    kind: "JoinConfiguration",
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: input.endpoint,
        token: input.token,
        caCertHashes: [input.caCertHash],
      },
    },
    nodeRegistration: {
      name: input.name,
      criSocket,
      taints: input.taints,
      kubeletExtraArgs: [{ name: "node-ip", value: input.address }],
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}
