import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dockerArchive } from "../../image/debian/docker-archive.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { nodeBinaries } from "../../tools/node-binaries.ts";

/** Image of a scheduler, which no node image has. */
const image = { name: "nodeforge.local/bench-scheduler:1", entrypoint: ["/kube-scheduler"] };

/** Arguments of a scheduler that authenticates the readers of its metrics with its own kubeconfig. */
const localArguments = [
  "--config={config}",
  "--secure-port=10259",
  "--authentication-kubeconfig={kubeconfig}",
  "--authorization-kubeconfig={kubeconfig}",
];

/**
 * Writes a scenario with one scheduler of each kind: `configuration`, `binary`, `manifests` and `local`. All of them are
 * kube-scheduler. An archive of a container image and the manifests are beside it.
 * @param folder Existing folder.
 * @param pods Number of pods that each scheduler gets, on a quarter as many simulated nodes.
 * @returns the path of the scenario.
 */
export async function kindsScenario(folder: string, pods: number): Promise<string> {
  const binary = join(await nodeBinaries("kubernetes"), "kube-scheduler");
  const program = { path: "kube-scheduler", mode: 0o755, content: await readFile(binary) };
  await writeFile(join(folder, "scheduler.tar"), dockerArchive(image, [program]));
  // JSON is YAML.
  await writeFile(join(folder, "scheduler.yaml"), JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }));
  const scenario = {
    workload: {
      from: "inline",
      testCase: {
        name: "Kinds",
        workloadTemplate: [
          { opcode: "createNodes", count: Math.ceil(pods / 4) },
          { opcode: "createPods", count: pods, collectMetrics: true },
        ],
        workloads: [{ name: "Small" }],
      },
    },
    schedulers: [
      { name: "configuration", configuration: inCheckout("benchmarks", "schedulers", "most-allocated.yaml") },
      { name: "binary", binary },
      {
        name: "manifests",
        manifests: { files: ["scheduler.yaml"], images: ["scheduler.tar"], url: "https://{pod}:10259" },
      },
      { name: "local", local: { command: binary, args: localArguments, url: "https://127.0.0.1:10259" } },
    ],
    repetitions: 1,
    warmups: 0,
  };
  const path = join(folder, "kinds.yaml");
  await writeFile(path, JSON.stringify(scenario));
  return path;
}

const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
const account = { kind: "ServiceAccount", name: "scheduler", namespace: "nodeforge-bench-manifests" };
const labels = { app: "scheduler" };

function roleRef(kind: "Role" | "ClusterRole", name: string) {
  return { apiGroup: "rbac.authorization.k8s.io", kind, name };
}

/** A scheduler as others publish it: with the rights of Kubernetes' own one, and with a configuration in a ConfigMap. */
const manifests = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account.name } },
  ...["system:kube-scheduler", "system:volume-scheduler"].map((role) => ({
    ...rbac,
    kind: "ClusterRoleBinding",
    metadata: { name: `bench:${role}` },
    roleRef: roleRef("ClusterRole", role),
    subjects: [account],
  })),
  {
    ...rbac,
    kind: "RoleBinding",
    metadata: { name: "bench:scheduler", namespace: "kube-system" },
    roleRef: roleRef("Role", "extension-apiserver-authentication-reader"),
    subjects: [account],
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "scheduler" },
    data: { "scheduler.yaml": "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "scheduler" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: account.name,
          containers: [
            {
              name: "scheduler",
              image: image.name,
              args: ["--config=/etc/scheduler/scheduler.yaml", "--secure-port=10259"],
              volumeMounts: [{ name: "configuration", mountPath: "/etc/scheduler" }],
              readinessProbe: {
                httpGet: { path: "/healthz", port: 10259, scheme: "HTTPS" },
                periodSeconds: 2,
                timeoutSeconds: 10,
              },
            },
          ],
          volumes: [{ name: "configuration", configMap: { name: "scheduler" } }],
        },
      },
    },
  },
];
