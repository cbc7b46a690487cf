import { posix } from "node:path";
import { stringify } from "yaml";
import { sha256 } from "../../../lib/digest.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { isUrl } from "../contestants/program-url.ts";
import type { InputFile } from "../export/benchmark-data.ts";
import type { PreparedScenario } from "../run/measure-on-cluster.ts";
import type { SchedulerSource } from "../scenario/scenario.ts";
import { completeDocument, type ScenarioDocument } from "./complete-document.ts";
import { placeWorkload } from "./place-workload.ts";

/** Folder of the inputs, in the folder of the run. */
export const inputsFolder = "inputs";

/** Name of the scenario in the folder of the inputs. */
export const scenarioFile = "scenario.yaml";

/** Name of the list of the inputs, in their folder. */
export const contentsFile = "contents.json";

/** Content of `contents.json`: facts about the inputs of a benchmark. */
export interface InputContents {
  readonly formatVersion: number;
  /** Name of the scenario, e.g. `basic-500`. */
  readonly name: string;
  /** Version of Kubernetes, which decides the files of `upstream:`. */
  readonly kubernetes: string;
  /** SHA-256 of each file by its name, before secrets were removed. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Returns every file that a repetition of a benchmark needs. `scenario.yaml` is a scenario whose paths are below the same folder.
 * Beside it are the workload's files, the configurations as the schedulers got them, and `contents.json`.
 *
 * A program is not among them. The scenario has its URL or its absolute path, and its SHA-256. It has only the absolute path of a
 * local program, and of an archive of images.
 * @param kubernetes Version of the cluster, e.g. `1.36.3`.
 */
export function recordedInputs(
  { scenario, workload, contestants }: PreparedScenario,
  kubernetes: string,
): readonly InputFile[] {
  const sources = scenario.schedulers.map((source) =>
    recordedScheduler(
      source,
      contestants.find(({ name }) => name === source.name),
    ),
  );
  const own = contestants.flatMap(({ name, configuration, modules, manifests }) => [
    // The configuration of a scheduler of manifests is in them.
    ...(manifests === undefined ? [{ name: configurationFile(name), text: configuration }] : []),
    ...(manifests?.texts ?? []).map((file) => ({ name: manifestFile(name, file.name), text: file.text })),
    ...(modules === undefined ? [] : [{ name: posix.join("schedulers", `${name}.modules.txt`), text: modules }]),
  ]);
  const taken = new Set([scenarioFile, contentsFile, ...own.map(({ name }) => name)]);
  const placed = placeWorkload(scenario.workload, workload.inputs, taken);
  const document: ScenarioDocument = { ...completeDocument(scenario), workload: placed.source, schedulers: sources };
  const files = [
    // An anchor is harder to read than the same mapping again.
    { name: scenarioFile, text: stringify(document, { aliasDuplicateObjects: false }) },
    ...placed.inputs,
    ...own,
  ];
  const contents: InputContents = {
    formatVersion: 1,
    ...{ name: scenario.name, kubernetes },
    files: Object.fromEntries(files.map(({ name, text }) => [name, sha256(text)])),
  };
  return [...files, { name: contentsFile, text: `${JSON.stringify(contents, null, 2)}\n` }];
}

function recordedScheduler(source: SchedulerSource, contestant: Contestant | undefined): SchedulerSource {
  const { binarySha256 = source.sha256, local, manifests } = contestant ?? {};
  // The downloaded file is in the cache of this machine.
  const isRemote = source.binary !== undefined && isUrl(source.binary);
  const binary = isRemote ? source.binary : (contestant?.binary ?? source.binary);
  return {
    name: source.name,
    ...(source.schedulerName === undefined ? {} : { schedulerName: source.schedulerName }),
    ...(source.local === undefined
      ? {}
      : { local: { ...source.local, command: local?.command ?? source.local.command } }),
    ...(source.manifests === undefined || manifests === undefined
      ? {}
      : {
          manifests: {
            ...source.manifests,
            files: manifests.texts.map((file) => manifestFile(source.name, file.name)),
            images: manifests.images.map(({ file }) => file),
          },
        }),
    ...(source.configuration === undefined ? {} : { configuration: configurationFile(source.name) }),
    ...(binary === undefined ? {} : { binary }),
    ...(binary === undefined || binarySha256 === undefined ? {} : { sha256: binarySha256 }),
  };
}

function manifestFile(scheduler: string, name: string): string {
  return posix.join("schedulers", scheduler, name);
}

function configurationFile(scheduler: string): string {
  return posix.join("schedulers", `${scheduler}.json`);
}
