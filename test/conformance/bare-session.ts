import type { RecordedSession } from "../../cli/runs/surroundings.ts";
import { versions } from "../../tools/versions.ts";

/**
 * What the record of a run has in place of a stack, where the cluster has none: no settings, no hypervisor, no image and no
 * Pulumi. Pulumi allows no stack of this name, so no stack's runs are among these.
 */
export const bareSession: RecordedSession = {
  stack: "@bare",
  variables: {},
  settings: () => ({
    get: (key) => (key === "clusterName" ? "native" : ""),
    objects: () => [],
    all: {},
    secretsProvider: undefined,
    hasSalt: false,
  }),
  capture: ([command]) =>
    command === "stack" ? Promise.resolve(JSON.stringify({ kubernetesVersion: versions.kubernetes })) : refuse(),
  pulumi: () => refuse(),
};

function refuse(): Promise<never> {
  return Promise.reject(new Error("no Pulumi takes part in a run without a stack"));
}
