import type { Component, ComponentArguments } from "../config/components.ts";
import { sha256, shortDigest } from "../lib/digest.ts";
import { smokeNamespace } from "../names.ts";

/** Configuration file of the API server on the control plane. */
interface ConfigurationFile {
  /** Another content has another path, so a unit's former arguments name its former file. */
  readonly path: string;
  /** JSON in one line. */
  readonly text: string;
}

/** Paths that a client may read without a proof of its identity. */
const anonymousPaths = [
  // The image waits for the API server with the first one, and load balancers ask the others.
  "/readyz",
  "/livez",
  "/healthz",
  // A worker finds the CA of the cluster here before it has a token that the API server knows.
  "/api/v1/namespaces/kube-public/configmaps/cluster-info",
] as const;

/** Anonymous access for {@link anonymousPaths} alone. RBAC still decides what an anonymous client may read there. */
const authentication = configurationFile("authentication", {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthenticationConfiguration",
  anonymous: { enabled: true, conditions: anonymousPaths.map((path) => ({ path })) },
});

/**
 * Default levels of PodSecurity. A namespace's labels override them.
 *
 * Pods beyond `baseline` cause a warning and an entry of the audit log, and are not refused. A living cluster may have such pods,
 * and their controllers could not create them again.
 */
const admission = configurationFile("admission", {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AdmissionConfiguration",
  plugins: [
    {
      name: "PodSecurity",
      configuration: {
        apiVersion: "pod-security.admission.config.k8s.io/v1",
        kind: "PodSecurityConfiguration",
        defaults: {
          ...{ enforce: "privileged", "enforce-version": "latest" },
          ...{ audit: "baseline", "audit-version": "latest" },
          ...{ warn: "baseline", "warn-version": "latest" },
        },
        exemptions: { usernames: [], runtimeClasses: [], namespaces: ["kube-system", smokeNamespace] },
      },
    },
  ],
});

/** Keys with which the API server encrypts secrets. init-control-plane.sh makes the file. */
const encryptionFile = "/etc/kubernetes/nodeforge-encryption.json";

/**
 * Returns the arguments that make every control plane safer. An argument of the stack overrides the one of its name.
 *
 * The API server refuses an authentication configuration beside flags of OpenID Connect. A stack with such flags keeps them, and
 * its anonymous access stays as wide as the default of Kubernetes.
 */
export function hardeningArguments(given: ComponentArguments): Readonly<Record<Component, Record<string, string>>> {
  const profiling = { profiling: "false" };
  return {
    etcd: {},
    apiServer: {
      ...profiling,
      ...(hasOpenId(given) ? {} : { "authentication-config": authentication.path }),
      "admission-control-config-file": admission.path,
      "encryption-provider-config": encryptionFile,
      // The CA signs the serving certificates of kubelets, see approve-kubelets.sh.
      "kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt",
    },
    controllerManager: profiling,
    scheduler: profiling,
  };
}

/** Returns the files that {@link hardeningArguments} name, as init-control-plane.sh reads them: path, blank and JSON a line. */
export function hardeningFiles(given: ComponentArguments): string {
  const files = [
    ...(hasOpenId(given) ? [] : [authentication]),
    ...("admission-control-config-file" in given.apiServer ? [] : [admission]),
  ];
  return files.map(({ path, text }) => `${path} ${text}`).join("\n");
}

function hasOpenId({ apiServer }: ComponentArguments): boolean {
  return Object.keys(apiServer).some((flag) => flag.startsWith("oidc-"));
}

function configurationFile(name: string, content: object): ConfigurationFile {
  const text = JSON.stringify(content);
  return { path: `/etc/kubernetes/nodeforge-${name}-${shortDigest(sha256(text))}.json`, text };
}
