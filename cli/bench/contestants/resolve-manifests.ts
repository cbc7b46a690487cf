import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { sha256Of } from "../../../lib/digest.ts";
import { reasonOf, valueOf } from "../../../lib/outside.ts";
import { isRecord } from "../../../lib/record.ts";
import type { CommonSettings, ManifestSource } from "../scenario/scenario.ts";
import type { KubernetesObject } from "../workload/operation.ts";
import { readConfiguration } from "./configuration.ts";
import type { ManifestSet } from "./contestant.ts";
import { hasPods, objectProblem, rankOf } from "./manifest-kinds.ts";
import { podTemplateOf } from "./pod-template.ts";

/** Name that Kubernetes' own scheduler has, and every pod that names none. */
const defaultName = "default-scheduler";

/** A scheduler of manifests, and what is wrong with it. */
interface ResolvedManifests {
  readonly set: ManifestSet;
  /** Name for which it schedules; undefined where its manifests do not say one name. */
  readonly schedulerName: string | undefined;
  readonly problems: readonly string[];
}

/**
 * Reads a scheduler's manifests, and checks that they stay in a namespace of their own.
 *
 * A KubeSchedulerConfiguration in a ConfigMap gets the common client limits and no leader election, by the rule of every other
 * scheduler.
 * @param name Name of the scheduler in the scenario.
 * @param folder Folder of the scenario, to which paths are relative.
 */
export async function resolveManifests(
  name: string,
  { files, images, namespace = `nodeforge-bench-${name}`, url }: ManifestSource,
  common: Pick<CommonSettings, "qps" | "burst">,
  folder: string,
): Promise<ResolvedManifests> {
  const problems: string[] = [];
  const texts: { readonly name: string; readonly text: string }[] = [];
  const read: KubernetesObject[] = [];
  for (const [index, file] of files.entries()) {
    const text = await readFile(resolve(folder, file), "utf8").catch((error: Error) => {
      problems.push(`manifests: ${file} cannot be read: ${error.message}`);
      return undefined;
    });
    if (text === undefined) continue;
    // Two files may have one name in different folders.
    texts.push({ name: `${index}-${basename(file)}`, text });
    read.push(...objectsOf(text, file, problems));
  }
  const names = new Set<string>();
  const found = { configurations: 0 };
  const objects = read
    .filter((object) => {
      const problem = objectProblem(object, namespace);
      if (problem !== undefined) problems.push(`manifests: ${problem}`);
      return problem === undefined && object.kind !== "Namespace";
    })
    .map((object) => withLimits(object, common, names, found, problems))
    .toSorted((one, other) => rankOf(one) - rankOf(other));
  for (const object of objects) for (const each of namesInArguments(object)) names.add(each);
  if (read.length > 0 && !objects.some(hasPods)) problems.push("manifests: no Deployment, StatefulSet or Pod");
  const archives = await Promise.all(images.map((file) => archiveOf(resolve(folder, file), problems)));
  return {
    problems,
    schedulerName: names.size === 1 ? [...names][0] : undefined,
    set: {
      ...{ namespace, objects, texts, hasCommonLimits: found.configurations > 0 },
      images: archives.flatMap((archive) => archive ?? []),
      ...(url === undefined ? {} : { url }),
    },
  };
}

function objectsOf(text: string, file: string, problems: string[]): readonly KubernetesObject[] {
  const documents = parseAllDocuments(text, { logLevel: "error" });
  const objects: KubernetesObject[] = [];
  for (const document of "empty" in documents ? [] : documents) {
    let value: unknown;
    try {
      value = valueOf(document);
    } catch (error) {
      problems.push(`manifests: ${file} is no YAML: ${reasonOf(error)}`);
      continue;
    }
    // A file may begin with an empty document.
    if (value === null || value === undefined) continue;
    const items = isRecord(value) && value.kind === "List" && Array.isArray(value.items) ? value.items : [value];
    for (const item of items as readonly unknown[]) {
      if (isObject(item)) objects.push(item);
      else problems.push(`manifests: ${file} has an object without apiVersion, kind or metadata`);
    }
  }
  return objects;
}

function isObject(value: unknown): value is KubernetesObject {
  return (
    isRecord(value) &&
    typeof value.apiVersion === "string" &&
    typeof value.kind === "string" &&
    isRecord(value.metadata)
  );
}

/** A ConfigMap with a KubeSchedulerConfiguration gets the common limits. */
function withLimits(
  object: KubernetesObject,
  common: Pick<CommonSettings, "qps" | "burst">,
  names: Set<string>,
  found: { configurations: number },
  problems: string[],
): KubernetesObject {
  if (object.kind !== "ConfigMap") return object;
  const entries = Object.entries(isRecord(object["data"]) ? object["data"] : {}).map(([key, text]) => {
    if (typeof text !== "string" || !/^\s*"?kind"?:\s*"?KubeSchedulerConfiguration\b/m.test(text)) return [key, text];
    const configuration = readConfiguration(text, common, "");
    problems.push(...configuration.problems.map((problem) => `manifests: ConfigMap key ${key}: ${problem}`));
    found.configurations++;
    const { profiles } = JSON.parse(configuration.text) as { readonly profiles?: unknown };
    for (const profile of Array.isArray(profiles) ? (profiles as readonly unknown[]) : [{}]) {
      const { schedulerName } = isRecord(profile) ? profile : {};
      names.add(typeof schedulerName === "string" ? schedulerName : defaultName);
    }
    return [key, configuration.text];
  });
  return { ...object, data: Object.fromEntries(entries) as Readonly<Record<string, string>> };
}

/** Names after `--scheduler-name`, by which Volcano and others are told theirs. */
function namesInArguments(object: KubernetesObject): readonly string[] {
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
  const containers = listOf(podTemplateOf(object)?.spec.containers).filter(isRecord);
  return containers.flatMap(({ command, args }) => {
    const words = [...listOf(command), ...listOf(args)].filter((word) => typeof word === "string");
    return words.flatMap((word, index) => {
      const [, value] = /^--scheduler-name(?:=(.+))?$/.exec(word) ?? [undefined, null];
      if (value === null) return [];
      return value ?? words[index + 1] ?? [];
    });
  });
}

async function archiveOf(file: string, problems: string[]) {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === true) return { file, sha256: await sha256Of(file) };
  problems.push(`manifests.images: there is no such file: ${file}`);
  return undefined;
}
