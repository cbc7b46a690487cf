import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** A refusal with an HTTP status. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A request to the service. */
export interface Request {
  readonly method: string;
  /** Parts of the path after `/api`, e.g. `["user", "organizations", "default"]`. */
  readonly path: readonly string[];
  /** Empty for a batch of events without the summary, which alone is kept (update.ts). */
  readonly body: Readonly<Record<string, unknown>>;
  /** Version of the Pulumi CLI. */
  readonly engine: string;
}

/** Reads a request to its end. Its body may be compressed. @throws when the body is not JSON. */
export async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = "", url = "", headers } = incoming;
  const raw = await buffer(incoming);
  const text = headers["content-encoding"] === "gzip" ? await promisify(gunzip)(raw) : raw;
  const { pathname } = new URL(url, "http://localhost");
  const [, , ...path] = pathname.split("/").map(decodeURIComponent);
  return {
    method,
    path,
    body: text.length === 0 || isUnused(path, text) ? {} : (JSON.parse(text.toString()) as Request["body"]),
    engine: /\((v[^;)]+)/.exec(headers["user-agent"] ?? "")?.[1] ?? "",
  };
}

/** Whether a body is a batch of events without the summary. Its 50 events have whole resources, so parsing it costs most. */
function isUnused(path: readonly string[], text: Buffer): boolean {
  return path.at(-2) === "events" && path.at(-1) === "batch" && !text.includes('"summaryEvent"');
}
