import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CommonSettings, Scenario, SchedulerSource } from "../scenario/scenario.ts";
import { readConfiguration } from "./configuration.ts";
import type { Contestant } from "./contestant.ts";
import { resolveLocal } from "./resolve-local.ts";
import { resolveManifests } from "./resolve-manifests.ts";
import { resolveProgram } from "./resolve-program.ts";

/** As guest/bench-activate.sh accepts it: it is part of a file's name. */
const namePattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/**
 * Prepares the schedulers of a scenario: reads and completes their configurations, and checks their programs. A program that a
 * URL names is downloaded first.
 * @param folder Folder of the scenario, to which its paths are relative.
 * @param kubernetesVersion Version of the cluster, e.g. `1.36.3`.
 * @throws one error that names every problem of every scheduler.
 */
export async function resolveContestants(
  scenario: Pick<Scenario, "schedulers" | "common">,
  folder: string,
  kubernetesVersion: string,
): Promise<readonly Contestant[]> {
  const { schedulers, common } = scenario;
  const counts = new Map<string, number>();
  for (const { name } of schedulers) counts.set(name, (counts.get(name) ?? 0) + 1);
  const problems = [...counts]
    .filter(([, count]) => count > 1)
    .map(([name, count]) => `${name}: ${count} schedulers have this name. Fix: give each its own`);
  const found: Contestant[] = [];
  for (const source of schedulers) {
    const result = await resolveOne(source, common, folder, kubernetesVersion);
    problems.push(...result.problems.map((problem) => `${source.name}: ${problem}`));
    found.push(result.contestant);
  }
  if (problems.length > 0) {
    throw new Error(`the schedulers of the scenario cannot run:\n${problems.map((each) => `- ${each}`).join("\n")}`);
  }
  return found;
}

interface Resolved {
  readonly contestant: Contestant;
  readonly problems: readonly string[];
}

async function resolveOne(
  source: SchedulerSource,
  common: CommonSettings,
  folder: string,
  kubernetesVersion: string,
): Promise<Resolved> {
  const { name, configuration, binary, sha256, schedulerName } = source;
  const problems: string[] = [...mixtureProblems(source)];
  if (!namePattern.test(name)) problems.push("its name must have lower-case letters, digits, dots and hyphens only");
  let text: string | undefined;
  if (configuration !== undefined) {
    text = await readFile(resolve(folder, configuration), "utf8").catch((error: Error) => {
      problems.push(`its configuration cannot be read: ${error.message}`);
      return undefined;
    });
  }
  const read = readConfiguration(text, common);
  problems.push(...read.problems.map((problem) => `${configuration}: ${problem}`));
  if (sha256 !== undefined && binary === undefined) {
    problems.push("sha256 is given without binary. Fix: name the program, or leave sha256 out");
  }
  const program = binary === undefined ? undefined : await resolveProgram(binary, sha256, folder, kubernetesVersion);
  problems.push(...(program?.problems ?? []));
  const local = source.local === undefined ? undefined : await resolveLocal(source.local, common, folder);
  const manifests =
    source.manifests === undefined ? undefined : await resolveManifests(name, source.manifests, common, folder);
  problems.push(...(local?.problems ?? []), ...(manifests?.problems ?? []));
  const ownName = schedulerName ?? manifests?.schedulerName;
  if (manifests?.problems.length === 0 && ownName === undefined) {
    problems.push(
      "its manifests do not say one name for which it schedules. Fix: set schedulerName to that name beside manifests",
    );
  }
  return {
    problems,
    contestant: {
      ...{ name, configuration: read.text, ...program?.fields, arguments: argumentsOf(common) },
      ...(ownName === undefined ? {} : { schedulerName: ownName }),
      ...(local === undefined ? {} : { local: local.program }),
      ...(manifests === undefined ? {} : { manifests: manifests.set }),
    },
  };
}

/** A scheduler is one thing: a program on the control plane, a local one, or manifests. */
function mixtureProblems(source: SchedulerSource): readonly string[] {
  const kinds = (["binary", "local", "manifests"] as const).filter((kind) => source[kind] !== undefined);
  return [
    ...(kinds.length > 1 ? [`it has ${kinds.join(" and ")}, expected at most one of them`] : []),
    ...(source.manifests !== undefined && source.configuration !== undefined
      ? ["configuration is given with manifests. Fix: put it into a ConfigMap of the manifests"]
      : []),
  ];
}

/** Arguments that every scheduler has. The port is the one at which guest/bench-activate.sh asks for its health. */
function argumentsOf({ verbosity, featureGates }: CommonSettings): readonly string[] {
  const gates = Object.entries(featureGates)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([gate, on]) => `${gate}=${on}`);
  return [
    "--secure-port=10259",
    `--v=${verbosity}`,
    ...(gates.length === 0 ? [] : [`--feature-gates=${gates.join(",")}`]),
  ];
}
