import { readFileSync, readlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { replaceFile } from "./files.ts";

/** Where a process runs: within it, a process's number means one process. */
export interface Place {
  readonly hostname: string;
  /** /etc/machine-id (machine-id(5)), which tells machines of one name apart; "" where there is none. */
  readonly machine: string;
  /** The namespace of process numbers (pid_namespaces(7)): another container has another. */
  readonly processes: string;
}

/** Where this process runs. */
export function placeHere(): Place {
  return {
    hostname: hostname(),
    machine: orNothing(() => readFileSync("/etc/machine-id", "utf8").trim()),
    processes: orNothing(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** Whether two processes run where one number means the same process to both. */
export function isSamePlace(one: Place, other: Place): boolean {
  return one.hostname === other.hostname && one.machine === other.machine && one.processes === other.processes;
}

/** Reads a place that was written down; undefined when there is none, or it cannot be read. */
export function readPlace(path: string): Place | undefined {
  try {
    const place = JSON.parse(readFileSync(path, "utf8")) as Partial<Place>;
    const { hostname, machine, processes } = place;
    return hostname === undefined || machine === undefined || processes === undefined
      ? undefined
      : { hostname, machine, processes };
  } catch {
    return undefined;
  }
}

/** Writes a place to a file. Its folder is created. */
export async function writePlace(path: string, place: Place): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, JSON.stringify(place), { mode: 0o600 });
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
