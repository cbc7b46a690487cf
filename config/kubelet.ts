import type { Problems } from "./problems.ts";
import type { RawObject } from "./schema.ts";
import { nearest } from "./values.ts";

/** Fields of a kubelet's configuration, as the stack sets them. */
export type KubeletConfig = RawObject;

/** Fields that the stack cannot set, with the reason. */
const refused: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(apiVersion|kind)$/, "nodeforge writes it"],
  [/^featureGates$/, "the key featureGates sets it on every component"],
  [/^registerWithTaints$/, "the keys of the taints set them"],
  [/^(registerNode|providerID|podCIDR)$/, "kubeadm and the controller manager register the node"],
  [/^(clusterDNS|clusterDomain|resolvConf)$/, "pods find services by it (clusterDomain and serviceCidr decide it)"],
  [/^(authentication|authorization)$/, "the API server reaches the kubelet by it"],
  [/^(rotateCertificates|serverTLSBootstrap|tlsCertFile|tlsPrivateKeyFile)$/, "nodeforge renews the certificates"],
  [/^(address|port|readOnlyPort|enableServer)$/, "the API server reaches the kubelet there, and no other port is open"],
  [/^(healthzPort|healthzBindAddress)$/, "kubeadm and nodeforge ask the kubelet's health there"],
  [/^staticPod|^runOnce$/, "every node starts its own pods from the cluster"],
  [/^(cgroupDriver|cgroupRoot|cgroupsPerQOS)$/, "containerd and systemd have the same control groups"],
  [/^(containerRuntimeEndpoint|imageServiceEndpoint)$/, "the image has one container runtime"],
];

/** Fields of KubeletConfiguration v1beta1 in Kubernetes 1.36 (k8s.io/kubelet, config/v1beta1/types.go) that nodeforge leaves alone. */
const fields: readonly string[] = `
  allowedUnsafeSysctls configMapAndSecretChangeDetectionStrategy containerLogMaxFiles containerLogMaxSize
  containerLogMaxWorkers containerLogMonitorInterval contentType cpuCFSQuota cpuCFSQuotaPeriod cpuManagerPolicy
  cpuManagerPolicyOptions cpuManagerReconcilePeriod crashLoopBackOff enableContentionProfiling
  enableControllerAttachDetach enableDebugFlagsHandler enableDebuggingHandlers enableProfilingHandler
  enableSystemLogHandler enableSystemLogQuery enforceNodeAllocatable eventBurst eventRecordQPS evictionHard
  evictionMaxPodGracePeriod evictionMinimumReclaim evictionPressureTransitionPeriod evictionSoft
  evictionSoftGracePeriod failCgroupV failSwapOn fileCheckFrequency hairpinMode httpCheckFrequency
  imageGCHighThresholdPercent imageGCLowThresholdPercent imageMaximumGCAge imageMinimumGCAge
  imagePullCredentialsVerificationPolicy iptablesDropBit iptablesMasqueradeBit kernelMemcgNotification kubeAPIBurst
  kubeAPIQPS kubeletCgroups kubeReserved kubeReservedCgroup localStorageCapacityIsolation logging
  makeIPTablesUtilChains maxOpenFiles maxParallelImagePulls maxPods memoryManagerPolicy memoryReservationPolicy
  memorySwap memoryThrottlingFactor mergeDefaultEvictionSettings nodeLeaseDurationSeconds nodeStatusMaxImages
  nodeStatusReportFrequency nodeStatusUpdateFrequency oomScoreAdj podLogsDir podPidsLimit podsPerCore
  preloadedImagesVerificationAllowlist protectKernelDefaults qosReserved registryBurst registryPullQPS reservedMemory
  reservedSystemCPUs runtimeRequestTimeout seccompDefault serializeImagePulls showHiddenMetricsForVersion
  shutdownGracePeriod shutdownGracePeriodByPodPriority shutdownGracePeriodCriticalPods singleProcessOOMKill
  streamingConnectionIdleTimeout syncFrequency systemCgroups systemReserved systemReservedCgroup tlsCipherSuites
  tlsCurvePreferences tlsMinVersion topologyManagerPolicy topologyManagerPolicyOptions topologyManagerScope tracing
  userNamespaces volumePluginDir volumeStatsAggPeriod
`
  .trim()
  .split(/\s+/);

/** Pods whose addresses a node's /24 holds: without the network, the broadcast address and the gateway. */
const mostPods = 253;

/**
 * Checks fields of a kubelet's configuration. Adds what is wrong to `problems`. The kubelet itself checks the values, but ignores
 * a field that it does not know.
 * @param at Key to name in an error.
 * @returns the fields that may be set.
 */
export function readKubelet(given: RawObject, problems: Problems, at: string): KubeletConfig {
  const accepted = Object.entries(given).filter(([field, value]) => {
    const key = `${at}.${field}`;
    const [, reason] = refused.find(([pattern]) => pattern.test(field)) ?? [];
    if (reason !== undefined) problems.add(key, `no value, because ${reason}`, value);
    else if (!fields.includes(field)) {
      problems.add(key, `a field of KubeletConfiguration (${nearest(field, fields)})`, value);
    } else if (value === null) problems.add(key, "a value", value);
    else if (field === "maxPods" && !isPodCount(value)) {
      problems.add(key, `a whole number from 1 to ${mostPods}, because each node has a /24 of podCidr`, value);
    } else return true;
    return false;
  });
  return Object.fromEntries(accepted);
}

function isPodCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= mostPods;
}
