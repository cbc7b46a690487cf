import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeOutput } from "../../components/cluster-outputs.ts";
import type { DomainType } from "../../libvirt/virtualisation.ts";
import type { Changes } from "./changes.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { anyObject, checkShape, list, mapOf, number, object, readJson, text, type Shape } from "../../lib/outside.ts";
import { redactEntry } from "../../lib/redact.ts";
import { files } from "./folder.ts";
import { validTimings, type Timings } from "./phases.ts";
import { isAlive } from "../../lib/process-identity.ts";

/** Version of the record's format. It changes when a field is removed or changes its meaning. */
export const formatVersion = 1;

/** The commands that leave a record. */
export type RecordedCommand = "up" | "roll" | "bench" | "test:conformance";

/** State of a run. `declined`: the operator answered Pulumi's question with no, or could not be asked. */
export type Outcome = "running" | "succeeded" | "failed" | "interrupted" | "declined";

/** Versions of the software of a run; null or absent where a version could not be read. */
export interface Versions {
  readonly nodeforge: string;
  readonly node: string;
  readonly pulumi: string | null;
  readonly kubernetes: string | null;
  readonly libvirt: string | null;
  readonly qemu: string | null;
  readonly packages: Readonly<Record<string, string>>;
  readonly plugins: Readonly<Record<string, string>>;
}

/** The node image of a run. */
export interface ImageRecord {
  readonly location: string | null;
  readonly sha256: string | null;
  /** Content of the image's manifest. */
  readonly manifest: Readonly<Record<string, unknown>> | null;
}

/** A node, as in the stack's outputs. */
export type NodeRecord = Readonly<NodeOutput>;

/** The machine that the command ran on. It is the hypervisor as well, unless that is remote. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryMiB: number;
  readonly architecture: string;
  readonly kernel: string;
}

/** Record of a run, `record.json`. docs/run-record.schema.json describes each field. */
export interface RunRecord {
  readonly formatVersion: typeof formatVersion;
  readonly command: RecordedCommand;
  readonly arguments: readonly string[];
  readonly stack: string;
  readonly cluster: string;
  readonly process: string;
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly start: string;
  readonly end: string | null;
  readonly seconds: number | null;
  readonly notes: readonly string[];
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly git: { readonly revision: string; readonly dirty: boolean } | null;
  readonly image: ImageRecord;
  readonly versions: Versions;
  /** Null where no node is a machine. */
  readonly hypervisor: { readonly uri: string; readonly domainType: DomainType } | null;
  readonly machine: Machine;
  readonly changes: Changes | null;
  readonly nodes: readonly NodeRecord[];
  readonly timings: Timings;
  readonly logs: readonly string[];
}

/** Writes a redacted record into the folder of its run. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  await writeOwn(join(folder, files.record), `${JSON.stringify(record, redactEntry, 2)}\n`);
}

const maybe = (shape: Shape): Shape => ({ anyOf: [shape, { type: "null" }] });
const counts = { created: number, updated: number, deleted: number, replaced: number, same: number };

/** The fields that commands read. Another user may have written the record, or a disk may have lost a part of it. */
const recordShape = object({
  command: { enum: ["up", "roll", "bench", "test:conformance"] },
  arguments: list(text),
  stack: text,
  cluster: text,
  process: text,
  outcome: { enum: ["running", "succeeded", "failed", "interrupted", "declined"] },
  exitCode: maybe(number),
  start: text,
  end: maybe(text),
  seconds: maybe(number),
  notes: list(text),
  configuration: anyObject,
  git: maybe(object({ revision: text })),
  image: object({ location: maybe(text), sha256: maybe(text), manifest: maybe(anyObject) }),
  versions: object({ packages: mapOf(text), plugins: mapOf(text) }),
  hypervisor: maybe(object({ uri: text, domainType: text })),
  machine: object({ processor: text, processors: number, memoryMiB: number }),
  changes: maybe(object(counts)),
  nodes: list(object({ name: text, role: text, address: text })),
  timings: mapOf({}),
  logs: list(text),
});

/** Removes times that cannot be durations, which records of earlier releases may have. */
function withValidTimings(record: RunRecord): RunRecord {
  return { ...record, timings: validTimings(record.timings) };
}

/**
 * Reads the record of a run. A run is `interrupted` when its record says `running` and its process has ended.
 * @throws when the folder has no record, or one of another format version.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const source = { name: files.record, fix: "choose another run of `npm run runs`" };
  const json = await readFile(join(folder, files.record), "utf8");
  const stored = readJson<{ readonly formatVersion?: unknown }>(json, source, anyObject);
  if (stored.formatVersion !== formatVersion) {
    throw new Error(
      `expected format version ${formatVersion}, got ${JSON.stringify(stored.formatVersion) ?? "nothing"}`,
    );
  }
  const record = withValidTimings(checkShape<RunRecord>(stored, source, recordShape));
  const wasKilled = record.outcome === "running" && !(await isAlive(record.process));
  return wasKilled ? { ...record, outcome: "interrupted" } : record;
}
