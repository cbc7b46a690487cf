import { logLine, type Log } from "../../lib/log.ts";
import type { Session } from "../session.ts";
import { saneTimings } from "./phases.ts";
import type { NodeRecord, Timings } from "./record.ts";

/** What a stack says after a run; undefined where it has no such output. */
export interface Result {
  readonly nodes?: readonly NodeRecord[];
  readonly timings?: Timings;
  readonly imageHash?: string;
  readonly kubernetesVersion?: string;
}

/** Reads the outputs of a stack, without its secrets. Times that make no sense are left out, with a warning. */
export async function readResult(
  { stack, capture }: Pick<Session, "stack" | "capture">,
  log: Log = logLine,
): Promise<Result> {
  const outputs = JSON.parse(await capture(["stack", "output", "--json", "--stack", stack])) as Result;
  const { nodes, timings, imageHash, kubernetesVersion } = outputs;
  return {
    ...(nodes === undefined ? {} : { nodes }),
    ...(timings === undefined ? {} : { timings: saneTimings(timings, log) }),
    ...(imageHash === undefined ? {} : { imageHash }),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion: kubernetesVersion.replace(/^v/, "") }),
  };
}
