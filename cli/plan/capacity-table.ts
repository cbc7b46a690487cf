import type { Capacity } from "./capacity.ts";
import type { DemandChange } from "./demand.ts";
import { isUnknownFact, type Unknown } from "./unknown.ts";

/** A row: a resource now, after the change, and free on the hypervisor. */
interface Row {
  readonly what: string;
  readonly unit: string;
  readonly before: number;
  readonly after: number;
  /** Undefined where the hypervisor did not tell. */
  readonly free: number | undefined;
}

/** Returns the demand of a cluster beside the capacity of its hypervisor, as a Markdown table with the shortages below. */
export function capacityTable({ before, after }: DemandChange, capacity: Capacity | Unknown): readonly string[] {
  const known = isUnknownFact(capacity) ? {} : capacity;
  const { processors, usedVcpus, freeMemoryMiB, freeDiskGiB } = known;
  // Running domains may have more vCPUs than the hypervisor has processors.
  const idle = processors === undefined || usedVcpus === undefined ? undefined : Math.max(0, processors - usedVcpus);
  const rows: readonly Row[] = [
    { what: "memory", unit: "MiB", before: before.memoryMiB, after: after.memoryMiB, free: freeMemoryMiB },
    { what: "CPU", unit: "vCPUs", before: before.vcpus, after: after.vcpus, free: idle },
    { what: "disk, when full", unit: "GiB", before: before.diskGiB, after: after.diskGiB, free: freeDiskGiB },
  ];
  const table = [
    "| | now | after | more | free on the hypervisor |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows.map(
      ({ what, unit, before, after, free }) =>
        `| ${what} | ${before} ${unit} | ${after} ${unit} | ${signed(after - before)} | ${free === undefined ? "unknown" : `${free} ${unit}`} |`,
    ),
  ].join("\n");
  const shortages = rows.flatMap(({ what, unit, before, after, free }) =>
    free !== undefined && after > before && after - before > free
      ? [`- **${what}: ${after - before} ${unit} more are needed, and ${free} ${unit} are free.**`]
      : [],
  );
  return [
    table,
    ...(shortages.length === 0 ? [] : [shortages.join("\n")]),
    ...(isUnknownFact(capacity) ? [capacity.why] : []),
  ];
}

function signed(number: number): string {
  return number > 0 ? `+${number}` : String(number);
}
