import type { RecordedSession } from "../../cli/runs/surroundings.ts";
import { versions } from "../../tools/versions.ts";

/**
 * Session for the record of a run whose cluster has no stack: without settings, hypervisor, image and Pulumi. Pulumi refuses its name,
 * so no stack's runs are among these.
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
