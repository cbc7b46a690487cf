import { posix } from "node:path";
import type { InputFile } from "../export/benchmark-data.ts";
import type { WorkloadSource } from "../scenario/scenario.ts";
import { upstreamPrefix } from "../workload/upstream.ts";

/** A workload whose paths lead to files in the folder of the inputs. */
interface PlacedWorkload {
  readonly source: WorkloadSource;
  /** The files with their names in that folder. */
  readonly inputs: readonly InputFile[];
}

/** Folder of a test case file and its templates. */
const workloadFolder = "workload";

/** Folder of the templates that are outside of the scenario's folder. */
const outsideFolder = "outside";

/**
 * Finds a place for each file of a workload, and returns the workload that reads them there. A workload of upstream refers to
 * upstream again; its files are there for a reader.
 * @param inputs Files with their paths relative to the folder that the workload was read from.
 * @param taken Names of other inputs.
 */
export function placeWorkload(
  source: WorkloadSource,
  inputs: readonly InputFile[],
  taken: ReadonlySet<string>,
): PlacedWorkload {
  switch (source.from) {
    case "scheduler_perf":
      return placeTestCaseFile(source, inputs);
    case "inline": {
      const places = new Map(inputs.map(({ name }) => [name, placeOf(name, taken)]));
      return { source: { ...source, testCase: withPlaces(source.testCase, places) }, inputs: moved(inputs, places) };
    }
    case "openb": {
      const places = new Map(inputs.map(({ name }) => [name, placeOf(name, taken)]));
      const [pods = source.pods] = places.values();
      return { source: { ...source, pods }, inputs: moved(inputs, places) };
    }
  }
}

/** The file refers to its templates by relative paths, so all of them move together. */
function placeTestCaseFile(
  source: Extract<WorkloadSource, { from: "scheduler_perf" }>,
  inputs: readonly InputFile[],
): PlacedWorkload {
  const isUpstream = source.file.startsWith(upstreamPrefix);
  const path = isUpstream ? source.file.slice(upstreamPrefix.length) : source.file;
  // Every file of upstream is a performance-config.yaml, so that its folder tells the reader which one it is.
  const topic = posix.basename(posix.dirname(path));
  const depth = Math.max(1, ...inputs.map(({ name }) => stepsUp(name)));
  const folders = Array.from({ length: depth - 1 }, (_, index) => `above-${depth - 1 - index}`);
  const base = posix.join(workloadFolder, ...folders, /^\.*$/.test(topic) ? "topic" : topic);
  const places = new Map(inputs.map(({ name }) => [name, posix.join(base, name)]));
  const file = isUpstream ? source.file : posix.join(base, posix.basename(path));
  return { source: { ...source, file }, inputs: moved(inputs, places) };
}

function moved(inputs: readonly InputFile[], places: ReadonlyMap<string, string>): readonly InputFile[] {
  return inputs.map(({ name, text }) => ({ name: places.get(name) ?? name, text }));
}

/** A file inside of the scenario's folder keeps its relative path. */
function placeOf(name: string, taken: ReadonlySet<string>): string {
  const path = posix.normalize(name);
  const steps = stepsUp(path);
  // A repetition reads a file that has its place already, and keeps it.
  const isOwn = steps === 0 && !taken.has(path);
  return isOwn ? path : posix.join(outsideFolder, String(steps), withoutSteps(path));
}

function stepsUp(name: string): number {
  return posix
    .normalize(name)
    .split("/")
    .filter((part) => part === "..").length;
}

function withoutSteps(name: string): string {
  return posix.normalize(name).replace(/^(\.\.\/)+/, "");
}

/** Replaces the paths in a test case. Only the files that the workload has read are paths. */
function withPlaces(value: unknown, places: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return placeOfPath(value, places) ?? value;
  if (Array.isArray(value)) return value.map((item) => withPlaces(item, places));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPlaces(item, places)]));
}

function placeOfPath(text: string, places: ReadonlyMap<string, string>): string | undefined {
  if (text === "") return undefined;
  const path = posix.normalize(text);
  if (!posix.isAbsolute(path)) {
    const place = places.get(path);
    // A path that stays the same keeps its text.
    return place === path ? undefined : place;
  }
  return [...places].find(([name]) => path.endsWith(`/${withoutSteps(name)}`))?.[1];
}
