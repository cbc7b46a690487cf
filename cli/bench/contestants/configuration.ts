import { parseDocument } from "yaml";
import { reasonOf, valueOf } from "../../../lib/outside.ts";
import type { CommonSettings } from "../scenario/scenario.ts";

const apiVersion = "kubescheduler.config.k8s.io/v1";
const kind = "KubeSchedulerConfiguration";

/**
 * kube-scheduler ignores its flag --kubeconfig where it has a configuration file. `deprecated.go` of cmd/kube-scheduler 1.36
 * says: "This parameter is ignored if a config file is specified in --config".
 */
const onControlPlane = "/etc/kubernetes/scheduler.conf";

/** A KubeSchedulerConfiguration with the common limits, and what is wrong with its text. */
export interface ReadConfiguration {
  /** JSON. */
  readonly text: string;
  readonly problems: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a KubeSchedulerConfiguration and sets the client limits that all schedulers of a scenario have. Leader election is off,
 * because there is one control plane, and a scheduler would wait for the lease of the one before.
 * @param text YAML; undefined for the defaults.
 * @param kubeconfig Path of the scheduler's kubeconfig; empty for a pod, whose service account is its identity. @default the
 * control plane's scheduler.conf
 */
export function readConfiguration(
  text: string | undefined,
  { qps, burst }: Pick<CommonSettings, "qps" | "burst">,
  kubeconfig = onControlPlane,
): ReadConfiguration {
  const problems: string[] = [];
  const given = text === undefined ? { apiVersion, kind } : parse(text, problems);
  for (const [field, wanted] of Object.entries({ apiVersion, kind })) {
    if (problems.length === 0 && given[field] !== wanted) {
      problems.push(`${field} is ${shown(given[field])}, expected ${wanted}`);
    }
  }
  const connection = fieldsOf(given, "clientConnection", problems);
  const election = fieldsOf(given, "leaderElection", problems);
  for (const [field, wanted] of Object.entries({ qps, burst, kubeconfig })) {
    const own = connection[field];
    if (own !== undefined && own !== wanted) {
      const fix = `Fix: leave it out, or set ${field === "kubeconfig" ? "it to that path" : `common.${field}`}`;
      problems.push(`clientConnection.${field} is ${shown(own)}, but every scheduler has ${shown(wanted)}. ${fix}`);
    }
  }
  const merged = {
    ...given,
    clientConnection: { ...connection, kubeconfig, qps, burst },
    leaderElection: { ...election, leaderElect: false },
  };
  return { text: JSON.stringify(merged, undefined, 2), problems };
}

/** Returns a configuration of {@link readConfiguration} with another kubeconfig. */
export function withKubeconfig(text: string, kubeconfig: string): string {
  const given = JSON.parse(text) as { readonly clientConnection?: object };
  return JSON.stringify({ ...given, clientConnection: { ...given.clientConnection, kubeconfig } }, undefined, 2);
}

function parse(text: string, problems: string[]): Fields {
  let value: unknown;
  try {
    value = valueOf(parseDocument(text));
  } catch (error) {
    problems.push(`the file is no YAML document: ${reasonOf(error).replace(/:$/, "")}`);
    return {};
  }
  if (isFields(value)) return value;
  problems.push(`the file has ${shown(value)}, expected a ${kind}`);
  return {};
}

function fieldsOf(given: Fields, name: string, problems: string[]): Fields {
  const value = given[name] ?? {};
  if (isFields(value)) return value;
  problems.push(`${name} is ${shown(value)}, expected fields`);
  return {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);
}
