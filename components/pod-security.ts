import type * as kubernetes from "@pulumi/kubernetes";

/** Security context of a pod: an unprivileged user, and the container runtime's default filter of system calls. */
export const unprivilegedPod = {
  runAsNonRoot: true,
  // The container images declare no user.
  runAsUser: 65534,
  runAsGroup: 65534,
  seccompProfile: { type: "RuntimeDefault" },
} satisfies kubernetes.types.input.core.v1.PodSecurityContext;

/** Security context of a container: the Kubernetes policy `restricted`, and a root file system that is read-only. */
export const unprivilegedContainer = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
} satisfies kubernetes.types.input.core.v1.SecurityContext;
