import type * as kubernetes from "@pulumi/kubernetes";

/** The user of nobody, and no system call beyond what the runtime lets every container make. */
export const nobody = {
  runAsNonRoot: true,
  // The images name no user of their own.
  runAsUser: 65534,
  runAsGroup: 65534,
  seccompProfile: { type: "RuntimeDefault" },
} satisfies kubernetes.types.input.core.v1.PodSecurityContext;

/** No right but those of its user: what the policy `restricted` of Kubernetes asks for, and no writing to the image. */
export const unprivilegedContainer = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
} satisfies kubernetes.types.input.core.v1.SecurityContext;
