import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { stringify } from "csv-stringify/sync";
import type { BenchmarkData } from "./benchmark-data.ts";

const columns = [
  "repetition",
  "scheduler",
  "pod",
  "namespace",
  "created",
  "acknowledged",
  "bound",
  "running",
  "node",
] as const;

/**
 * Returns the times of all measured pods as CSV (RFC 4180), compressed by gzip. Times are milliseconds since the start of the
 * repetition; a field is empty where the pod never got there. Warm-ups and void repetitions are included.
 */
export async function podsCsv({ repetitions }: BenchmarkData): Promise<Buffer> {
  const pieces = repetitions.map(({ number, scheduler, pods }) =>
    stringify(
      pods.map(({ name, namespace, created, acknowledged, bound, running, node }) => [
        number,
        scheduler,
        name,
        namespace,
        time(created),
        time(acknowledged),
        time(bound),
        time(running),
        node,
      ]),
    ),
  );
  return promisify(gzip)(stringify([[...columns]]) + pieces.join(""));
}

/** Returns milliseconds with three decimals: the watch is not more exact than a microsecond. */
function time(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : String(Number(milliseconds.toFixed(3)));
}
