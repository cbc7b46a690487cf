import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256Of } from "../../../lib/digest.ts";
import { run, which } from "../../../lib/process.ts";
import type { CommonSettings, Scenario, SchedulerSource } from "../scenario/scenario.ts";
import { readConfiguration } from "./configuration.ts";
import type { Contestant } from "./contestant.ts";
import { programProblem } from "./elf.ts";
import { resolveLocal } from "./resolve-local.ts";
import { resolveManifests } from "./resolve-manifests.ts";

/** As guest/bench-activate.sh accepts it: it is part of a file's name. */
const namePattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/**
 * Prepares the schedulers of a scenario: reads and completes their configurations, and checks their programs.
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
  const program =
    binary === undefined ? undefined : await readProgram(resolve(folder, binary), sha256, kubernetesVersion);
  problems.push(...(program?.problems ?? []).map((problem) => `${binary}: ${problem}`));
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

interface Program {
  readonly fields: Pick<Contestant, "binary" | "binarySha256" | "modules">;
  readonly problems: readonly string[];
}

async function readProgram(path: string, wanted: string | undefined, kubernetesVersion: string): Promise<Program> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return { fields: {}, problems: [`there is no such file: ${path}`] };
  try {
    const problem = await programProblem(path, process.arch);
    const digest = await sha256Of(path);
    const modules = await modulesOf(path);
    const problems = [problem, digestProblem(digest, wanted), skewProblem(modules, kubernetesVersion)];
    return {
      fields: { binary: path, binarySha256: digest, ...(modules === undefined ? {} : { modules }) },
      problems: problems.filter((each) => each !== undefined),
    };
  } catch (error) {
    return { fields: {}, problems: [`it cannot be read: ${(error as Error).message}`] };
  }
}

function digestProblem(found: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted.toLowerCase() === found) return undefined;
  return `its SHA-256 is ${found}, expected ${wanted}. Fix: name the right program, or correct sha256`;
}

/** Output of `go version -m`; undefined without Go, and for a program that Go did not build. */
async function modulesOf(path: string): Promise<string | undefined> {
  const go = which("go");
  if (go === undefined) return undefined;
  const text = await run(go, ["version", "-m", path]).catch(() => undefined);
  // The first line has the path, which another machine does not have.
  return text?.replace(`${path}: `, "");
}

/**
 * A scheduler must not be newer than the API server, and may be one minor version older (Kubernetes' version skew policy).
 * A program without k8s.io/kubernetes among its modules says nothing about that.
 */
function skewProblem(modules: string | undefined, kubernetesVersion: string): string | undefined {
  const built = /^\s*dep\s+k8s\.io\/kubernetes\s+v1\.(\d+)\.\S*/m.exec(modules ?? "")?.[1];
  const cluster = /^v?1\.(\d+)\./.exec(kubernetesVersion)?.[1];
  if (built === undefined || cluster === undefined) return undefined;
  const difference = Number(cluster) - Number(built);
  if (difference === 0 || difference === 1) return undefined;
  const range = `1.${Number(cluster) - 1} or 1.${cluster}`;
  return `it has the code of Kubernetes 1.${built}, and the cluster has ${kubernetesVersion}. Fix: build it with k8s.io/kubernetes ${range}`;
}
