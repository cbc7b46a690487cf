/** Kind and short name of a resource: without the prefix of the cluster and the hash of the content. */
export function label(urn: string): string {
  const [type = "", name = ""] = urn.split("::").slice(-2);
  return `${type.split(":").at(-1)} ${name.replace(/^[^-]+-/, "").replace(/-[0-9a-f]{12}$/, "")}`;
}

/** Resources of a machine. */
function machine(name: string): string[] {
  return [`Volume ${name}-root`, `Volume ${name}-seed`, `Domain ${name}`, `Command ${name}-host-key`];
}

/** Resources of a worker. @param which Its name, or its number with the plain worker keys. */
export function worker(which: number | string): string[] {
  const name = typeof which === "string" ? which : `worker-node-${which}`;
  return [...machine(name), ...["token", "join", "ready"].map((step) => `Command ${name}-${step}`)];
}

/** Resources of a worker that are replaced with its machine. Its seed disk stays. */
export function rejoined(which: number | string): string[] {
  return worker(which).filter((resource) => !resource.endsWith("-seed"));
}

/** Returns a function that makes patterns for operations on one machine, with its name instead of NAME. */
export function patternsOf(name: string): (pattern: string) => RegExp {
  return (pattern) => new RegExp(`${pattern.replaceAll("NAME", name)}$`);
}

const addons = [
  "ServiceAccount addons-coredns",
  "ClusterRole addons-coredns",
  "ClusterRoleBinding addons-coredns",
  "ConfigMap addons-coredns",
  "Deployment addons-coredns",
  "Service addons-coredns",
  "Namespace addons-smoke",
  "ConfigMap addons-smoke",
  "Service addons-smoke",
  "DaemonSet addons-smoke",
];

/** Sorted resources of a whole cluster that plugins create. */
export function cluster(workers: number): string[] {
  return [
    "RandomUuid id",
    "Pool pool",
    "Network network",
    "Volume base",
    ...machine("master"),
    "Volume master-data",
    "Command master-init",
    "Command master-drain-policy",
    "Command master-kubeconfig",
    ...Array.from({ length: workers }, (_, index) => worker(index + 1)).flat(),
    "Command ready",
    ...addons,
  ].sort();
}
