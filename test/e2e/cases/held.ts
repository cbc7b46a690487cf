import type { Lab } from "../lab.ts";

const metadata = { name: "held", namespace: "default" };
const labels = { app: "held" };

/** Runs one pod on a node that no drain can evict: its budget protects the only replica. */
export async function hold(lab: Lab, node: string): Promise<void> {
  const container = {
    name: "held",
    image: "nodeforge.local/smoke:1",
    imagePullPolicy: "Never",
    command: ["sleep", "36000"],
  };
  const spec = {
    nodeSelector: { "kubernetes.io/hostname": node },
    terminationGracePeriodSeconds: 1,
    containers: [container],
  };
  await lab.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  await lab.apply({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata,
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  });
  await lab.kubectl("rollout", "status", "deployment/held", "--timeout=240s");
}

/** Message of a drain at its time limit about a pod of {@link hold}. */
export const holders = /pods still there: .*default\/held-\S+.*; budgets that allow no disruption: default\/held/;
