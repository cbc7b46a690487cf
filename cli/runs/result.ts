import { logLine, type Log } from "../../lib/log.ts";
import { anyObject, list, mapOf, object, readJson, text } from "../../lib/outside.ts";
import type { Session } from "../stack/session.ts";
import { validTimings, type Timings } from "./phases.ts";
import type { NodeRecord, RunRecord } from "./record.ts";

/** Outputs of a stack after a run; undefined where the stack does not have the output. */
export interface Result {
  readonly nodes?: readonly NodeRecord[];
  readonly timings?: Timings;
  readonly imageHash?: string;
  readonly kubernetesVersion?: string;
}

const source = { name: "the outputs of the stack", fix: "npm run up, which writes them again" };
const outputsShape = object(
  {},
  { nodes: list(anyObject), timings: mapOf(anyObject), imageHash: text, kubernetesVersion: text },
);

/** Reads the outputs of a stack without its secrets. Leaves out times that cannot be durations, with a warning. */
export async function readResult(
  { stack, capture }: Pick<Session, "stack" | "capture">,
  log: Log = logLine,
): Promise<Result> {
  const json = await capture(["stack", "output", "--json", "--stack", stack]);
  const outputs = readJson<Result>(json, source, outputsShape);
  const { nodes, timings, imageHash, kubernetesVersion } = outputs;
  return {
    ...(nodes === undefined ? {} : { nodes }),
    ...(timings === undefined ? {} : { timings: validTimings(timings, log) }),
    ...(imageHash === undefined ? {} : { imageHash }),
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion: kubernetesVersion.replace(/^v/, "") }),
  };
}

/** Adds what only the outputs tell of a cluster: its image, which the stack need not name, and its version of Kubernetes. */
export function withResult(
  { image, versions }: Pick<RunRecord, "image" | "versions">,
  { imageHash, kubernetesVersion }: Pick<Result, "imageHash" | "kubernetesVersion"> = {},
): Pick<RunRecord, "image" | "versions"> {
  return {
    image: { ...image, sha256: imageHash ?? image.sha256 },
    versions: { ...versions, kubernetes: kubernetesVersion ?? null },
  };
}
