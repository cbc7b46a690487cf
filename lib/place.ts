import { readFileSync, readlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { replaceFile } from "./files.ts";

/** Machine and container of a process. Within one place, a process number means one process. */
export interface Place {
  readonly hostname: string;
  /** /etc/machine-id (machine-id(5)), which distinguishes machines of one name; "" if the file is missing. */
  readonly machine: string;
  /** Namespace of process numbers (pid_namespaces(7)). Another container has another one. */
  readonly processes: string;
}

/** Returns the place of this process. */
export function placeHere(): Place {
  return {
    hostname: hostname(),
    machine: orNothing(() => readFileSync("/etc/machine-id", "utf8").trim()),
    processes: orNothing(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** Whether two places are the same, so that a process number means the same process in both. */
export function isSamePlace(one: Place, other: Place): boolean {
  return one.hostname === other.hostname && one.machine === other.machine && one.processes === other.processes;
}

/** Reads a place from a file; undefined if the file is missing or has no place. */
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
