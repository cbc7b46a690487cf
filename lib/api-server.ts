import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { anyObject, object, readJson, text } from "./outside.ts";

/** The API server as every client reaches it. */
export interface Server {
  /** URL, such as https://10.0.0.1:6443. */
  readonly endpoint: string;
  /** PEM of the cluster's certificate authority. */
  readonly ca: string;
}

/** Proof of a client's identity. Without one the client is anonymous. */
export interface Identity {
  /** Bearer token. */
  readonly token?: string;
  /** PEM of the client certificate, and of its private key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Metadata that every object has. */
export interface StoredObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion?: string };
}

/** A list as the API server answers it. Its items lack apiVersion and kind. */
export interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** An event of a watch. */
export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

const watchEvent = object({ type: text, object: anyObject });
const watchSource = { name: "an event of the API server", fix: "repeat the command" };

/** Reads one line of a watch. @throws when it is no event. */
export function readWatchEvent<O>(line: string): WatchEvent<O> {
  return readJson<WatchEvent<O>>(line, watchSource, watchEvent);
}

/** Answers after which a client asks again: too many requests, and a server that is overloaded or starts. */
const transient = [429, 500, 503, 504];

/** Largest number of tries of one request. */
const mostTries = 10;

/**
 * Bytes of one answer that the server may send before this process reads them, as in Go (`transportDefaultStreamFlow` of
 * golang.org/x/net/http2). Node allows 64 KB, which are 13 pods. The API server ends a watch that is full.
 */
const streamWindow = 4 * 2 ** 20;

/** The same for all answers of a connection. */
const connectionWindow = 64 * 2 ** 20;

/** Requests of this process that were sent again, because the server refused them for the moment. */
export const repeated = { requests: 0 };

/** An answer that is no success. */
export class Refusal extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number;

  constructor(what: string, headers: Readonly<Record<string, unknown>>, body: string) {
    super(`${what}: ${String(headers[":status"])} ${body.slice(0, 300)}`);
    this.status = Number(headers[":status"]);
    this.retryAfterSeconds = Number(headers["retry-after"] ?? 0);
  }
}

/** Passes the refusal of an object that is missing. @throws every other error. */
export function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.status !== 404) throw error;
}

/**
 * A connection to the API server, as one program has it. The end of the connection fails the requests under way. The next request
 * opens another connection: an API server ends one after 90 s without a request (`IdleTimeout` of k8s.io/apiserver 0.36.3).
 */
export class Connection implements Disposable {
  readonly #open: () => ClientHttp2Session;
  #session: ClientHttp2Session;
  #isDisposed = false;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ endpoint, ca }: Server, { token, cert, key }: Identity = {}) {
    this.#open = () => {
      const session = connect(endpoint, { ca, cert, key, settings: { initialWindowSize: streamWindow } });
      session.once("connect", () => session.setLocalWindowSize(connectionWindow));
      // A broken connection fails each of its requests, which report it.
      return session.on("error", () => undefined);
    };
    this.#session = this.#open();
    this.#headers = {
      accept: "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** Sends a request, and again after a transient refusal. @throws at any other refusal, and at the last try. */
  async send<T = StoredObject>(method: string, path: string, body?: object, type = "application/json"): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#sendOnce<T>(method, path, body, type);
      } catch (error) {
        if (!(error instanceof Refusal) || !transient.includes(error.status) || tries === mostTries) throw error;
        repeated.requests++;
        // The pause doubles, and is at least as long as the server asks for.
        await sleep(Math.max(error.retryAfterSeconds * 1000, 50 * 2 ** tries));
      }
    }
  }

  /** Tells whether an object exists. @throws as {@link send} does. */
  async exists(path: string): Promise<boolean> {
    return (await this.send("GET", path).catch(unlessMissing)) !== undefined;
  }

  async #sendOnce<T>(method: string, path: string, body: object | undefined, type: string): Promise<T> {
    const content = body === undefined ? {} : { "content-type": type };
    const stream = this.#usable().request({ ":method": method, ":path": path, ...content, ...this.#headers });
    stream.end(body === undefined ? undefined : JSON.stringify(body));
    let text = "";
    // The listeners come before the answer: a server may end a stream at once when it has not read the whole request.
    stream.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    const ended = once(stream, "end");
    const answer = Promise.all([once(stream, "response"), ended]);
    // A connection that the server breaks closes its streams without an error and without an answer.
    const closed = once(stream, "close").then(() => {
      throw new Error(`${method} ${path}: the connection to the API server ended`);
    });
    const [[headers]] = (await Promise.race([answer, closed])) as [[Readonly<Record<string, unknown>>], unknown];
    const status = Number(headers[":status"]);
    if (status < 200 || status > 299) throw new Refusal(`${method} ${path}`, headers, text);
    return JSON.parse(text) as T;
  }

  /** Keeps a watch open until the connection ends. The events are received and dropped. */
  keepWatching(path: string): void {
    this.#watch(path).resume();
  }

  /** Watches a path until an object has a value, and returns the value. @throws when the watch ends before. */
  async waitFor<O extends StoredObject, T>(path: string, value: (object: O) => T | undefined): Promise<T> {
    for await (const { object } of this.watch<O>(path)) {
      const found = value(object);
      if (found !== undefined) return found;
    }
    throw new Error(`the watch of ${path} ended`);
  }

  /** Returns the events of a watch as they arrive. Ends when the server ends the watch or the connection ends. */
  async *watch<O extends StoredObject>(path: string): AsyncGenerator<WatchEvent<O>, void> {
    const stream = this.#watch(path);
    let rest = "";
    let status = 0;
    stream.on("response", (headers: Readonly<Record<string, unknown>>) => (status = Number(headers[":status"])));
    try {
      for await (const piece of stream.setEncoding("utf8")) {
        const lines = (rest + (piece as string)).split("\n");
        rest = lines.pop() ?? "";
        // The text of a refusal is no event.
        if (status === 200) for (const line of lines) yield readWatchEvent<O>(line);
        else rest = [...lines, rest].join("\n");
      }
      if (status !== 200 && status !== 0) throw new Refusal(`GET ${path}`, { ":status": status }, rest);
    } finally {
      stream.close();
    }
  }

  /** Returns the session, or another one after its end. */
  #usable(): ClientHttp2Session {
    const { closed, destroyed } = this.#session;
    if ((closed || destroyed) && !this.#isDisposed) this.#session = this.#open();
    return this.#session;
  }

  #watch(path: string) {
    const stream = this.#usable().request({ ":method": "GET", ":path": path, ...this.#headers });
    // The end of the connection cancels the stream.
    stream.on("error", () => undefined);
    return stream;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#session.destroy();
  }
}
