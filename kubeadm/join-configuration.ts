import type { Taint } from "../config/nodes.ts";
import { criSocket } from "./init-configuration.ts";

/** Input of {@link joinConfiguration}. */
export interface JoinInput {
  readonly name: string;
  /** Address the kubelet announces as the node's InternalIP. */
  readonly address: string;
  /** host:port of the API server. */
  readonly endpoint: string;
  /** Bootstrap token. Secret. */
  readonly token: string;
  /** sha256:<hex> of the CA's public key, which authenticates the API server; the token alone does not. */
  readonly caCertHash: string;
  readonly taints: readonly Taint[];
}

/**
 * Returns kubeadm's JoinConfiguration (v1beta4) of a worker, with one key a line: guest/join.sh reads the token's id from it.
 * Secret, because it contains the token.
 */
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
