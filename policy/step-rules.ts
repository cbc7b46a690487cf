import { resourceType, suffix } from "../names.ts";
import type { PlannedResource, Rule } from "./rule.ts";

/** A bootstrap token of Kubernetes, or the start of a private key. */
const secret = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b|BEGIN [A-Z ]*PRIVATE KEY|client-key-data/;

/** Suffixes of the steps whose result is a secret. */
const secretResults = [suffix.kubeconfig, suffix.token];

/** Rules for the steps on nodes. */
export const stepRules: readonly Rule[] = [
  {
    name: "pinned-host-key",
    description: "Each ssh connection compares the host key of its node.",
    types: [resourceType.remoteCommand],
    problemOf: ({ props }) => {
      const { hostKey } = (props.connection ?? {}) as { readonly hostKey?: unknown };
      return typeof hostKey === "string" && hostKey !== ""
        ? undefined
        : "the connection has no hostKey, so it accepts any server. Fix: use the connection of components/virtual-machine.ts";
    },
  },
  {
    name: "step-time-limit",
    description: "Each step on a node has a time limit, because a node may never end it.",
    types: [resourceType.remoteCommand],
    problemOf: ({ opts }) =>
      (opts.customTimeouts?.createSeconds ?? 0) > 0
        ? undefined
        : "the step has no time limit. Fix: create it with components/remote-step.ts",
  },
  {
    name: "step-output",
    description: "No step shows its result, which may be a secret, or gives it to another step in the environment.",
    types: [resourceType.remoteCommand],
    problemOf: ({ props: { logging, addPreviousOutputInEnv } }) => {
      const problems = [
        ...(logging === "stderr" || logging === "none" ? [] : ["it shows its standard output"]),
        ...(addPreviousOutputInEnv === false ? [] : ["it keeps its result in the environment"]),
      ];
      return problems.length === 0
        ? undefined
        : `${problems.join(", and ")}. Fix: create it with components/remote-step.ts`;
    },
  },
  {
    name: "no-secret-in-commands",
    description: "No command has a secret in its text, because each user of the machine can read it.",
    types: [resourceType.remoteCommand, resourceType.localCommand],
    problemOf: ({ props }) => {
      const texts = ["create", "update", "delete"].filter((key) => secret.test(text(props, key)));
      return texts.length === 0
        ? undefined
        : `${texts.join(", ")} has a token or a key. Fix: send it by standard input`;
    },
  },
  {
    name: "secret-results",
    description: "The kubeconfig and the bootstrap tokens are secrets of the state.",
    types: [resourceType.remoteCommand],
    problemOf: ({ name, opts }) =>
      !secretResults.some((end) => name.endsWith(end)) || opts.additionalSecretOutputs?.includes("stdout") === true
        ? undefined
        : "the result is stored in clear text. Fix: set `secretResult` of components/remote-step.ts",
  },
];

function text(props: PlannedResource["props"], key: string): string {
  const value = props[key];
  return typeof value === "string" ? value : "";
}
