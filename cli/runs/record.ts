import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeOutput } from "../../components/cluster-outputs.ts";
import type { DomainType } from "../../libvirt/virtualisation.ts";
import type { Changes } from "./changes.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { redactEntry } from "../../lib/redact.ts";
import { files } from "./folder.ts";
import { saneTimings } from "./phases.ts";
import { isAlive } from "../../lib/process-identity.ts";

/** Version of the record's format; a field that is taken away or means something else makes a new one. */
export const formatVersion = 1;

/** The commands that leave a record. */
export type RecordedCommand = "up" | "roll";

/** How a run stands. `declined`: the operator answered Pulumi's question with no, or could not be asked. */
export type Outcome = "running" | "succeeded" | "failed" | "interrupted" | "declined";

/** Seconds by phase, by node; `cluster` for what concerns all. */
export type Timings = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Versions of what took part; null or absent where it could not be asked. */
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

/** What is known of the node image. */
export interface ImageRecord {
  readonly location: string | null;
  readonly sha256: string | null;
  /** What the image's builder says of it. */
  readonly manifest: Readonly<Record<string, unknown>> | null;
}

/** A node, as the stack's outputs show it. */
export type NodeRecord = Readonly<NodeOutput>;

/** The machine the command ran on: the hypervisor too, unless that is remote. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryMiB: number;
  readonly architecture: string;
  readonly kernel: string;
}

/** The record of a run: `record.json`, described field by field in docs/run-record.schema.json. */
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
  readonly hypervisor: { readonly uri: string; readonly domainType: DomainType };
  readonly machine: Machine;
  readonly changes: Changes | null;
  readonly nodes: readonly NodeRecord[];
  readonly timings: Timings;
  readonly logs: readonly string[];
}

/** Writes a record into its run's folder, redacted. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  await writeOwn(join(folder, files.record), `${JSON.stringify(record, redactEntry, 2)}\n`);
}

/** Records of earlier releases may hold times that make no sense; they are not shown. */
function withSaneTimings(record: RunRecord): RunRecord {
  return { ...record, timings: saneTimings(record.timings) };
}

/**
 * Reads the record of a run. One that says `running` and whose process is gone was interrupted.
 * @throws when there is none, or one of another format.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const stored = JSON.parse(await readFile(join(folder, files.record), "utf8")) as { readonly formatVersion?: unknown };
  if (stored.formatVersion !== formatVersion) {
    throw new Error(`wanted format version ${formatVersion}, it has ${JSON.stringify(stored.formatVersion)}`);
  }
  const record = withSaneTimings(stored as RunRecord);
  const lost = record.outcome === "running" && !(await isAlive(record.process));
  return lost ? { ...record, outcome: "interrupted" } : record;
}
