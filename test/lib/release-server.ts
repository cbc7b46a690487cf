import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request, as far as tests inspect it. */
export interface Seen {
  readonly path: string;
  readonly range: string | undefined;
}

/** A web server on loopback with made-up releases. */
export interface ReleaseServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  readonly close: () => Promise<void>;
}

/** Answer of the server to a path. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server; a path without an answer is a 404. */
export async function serve(answers: Readonly<Record<string, Answer>>): Promise<ReleaseServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (request.method !== "HEAD") seen.push({ path, range: request.headers.range });
    const answer = answers[path];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sends a text. */
export function text(content: string): Answer {
  return (_, response) => response.end(content);
}

/** Sends a file from the requested byte. The first `breaks` connections are lost half-way. */
export function file(content: Buffer, { breaks = 0, ranges = true } = {}): Answer {
  let left = breaks;
  return (request, response) => {
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
    if (from > 0 && from >= content.length) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
      return;
    }
    const rest = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length });
    if (left-- > 0) response.write(rest.subarray(0, rest.length / 2), () => setTimeout(() => response.destroy(), 50));
    else response.end(rest);
  };
}

/** Sends a file byte by byte, with a pause in milliseconds between two. */
export function drip(content: Buffer, pause: number): Answer {
  return (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    let sent = 0;
    const timer = setInterval(() => response.write(content.subarray(sent, ++sent)), pause);
    response.on("close", () => clearInterval(timer));
  };
}

/** SHA-256 in hexadecimal. */
export function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
