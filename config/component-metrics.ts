import type { Problems } from "./problems.ts";
import { nearest, type Values } from "./values.ts";

/** Component whose metrics other machines can read with `componentMetrics`. */
export type MeasuredComponent = keyof typeof metricsPorts;

/** TCP port of each component's metrics on the control plane's address. */
export const metricsPorts = { etcd: 2381, controllerManager: 10257, scheduler: 10259 } as const;

const key = "componentMetrics";

/** Components that the key cannot have, with the reason. */
const refused: Readonly<Record<string, string>> = {
  kubeProxy: "kube-proxy authenticates no reader, so its metrics stay on each node's loopback (docs/metrics.md)",
  apiServer: "its metrics are on port 6443 without the key",
  kubelet: "its metrics are on port 10250 without the key",
};

/** Reads and checks the components with metrics for other machines, sorted. Adds what is wrong to `problems`. */
export function readComponentMetrics(values: Values, problems: Problems): readonly MeasuredComponent[] {
  const given = values.list(key);
  const known = Object.keys(metricsPorts) as MeasuredComponent[];
  for (const [index, name] of given.entries()) {
    const at = `${key}[${index}]`;
    if (Object.hasOwn(refused, name)) problems.add(at, `no ${name}, because ${refused[name]}`, name);
    else if (!known.includes(name as MeasuredComponent)) {
      problems.add(at, `${known.slice(0, -1).join(", ")} or ${known.at(-1)} (${nearest(name, known)})`, name);
    } else if (given.indexOf(name) < index) problems.add(at, "each component once", name);
  }
  return known.filter((name) => given.includes(name));
}
