import type { KubeletConfig } from "../config/kubelet.ts";

/**
 * Returns the drop-in with a node's settings of the kubelet, one line of JSON; "" without any. kubelet merges it into the
 * configuration that kubeadm wrote (kubernetes.io, "Set Kubelet Parameters Via A Configuration File").
 */
export function kubeletDropIn(settings: KubeletConfig, featureGates: Readonly<Record<string, boolean>>): string {
  const all = Object.keys(featureGates).length === 0 ? settings : { ...settings, featureGates: sorted(featureGates) };
  if (Object.keys(all).length === 0) return "";
  return JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    ...(sorted(all) as object),
  });
}

/** Returns a value of JSON with the keys of every object in one order, so that their order in the stack's file does not matter. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
