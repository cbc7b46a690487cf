import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";

/** The API server as every client reaches it. */
export interface Server {
  /** URL, such as https://10.0.0.1:6443. */
  readonly endpoint: string;
  /** PEM of the cluster's certificate authority. */
  readonly ca: string;
}

/** Proof of a client's identity. Without one the client is anonymous. */
export interface Identity {
  /** Bootstrap token. */
  readonly token?: string;
  /** PEM of the client certificate, and of its private key. */
  readonly cert?: string;
  readonly key?: string;
}

/** The fields of a Kubernetes object that a joining node reads. */
export interface KubernetesObject {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly podCIDR?: string };
  readonly status?: { readonly certificate?: string };
}

/** Answers after which a client asks again: too many requests, and a server that is overloaded or starts. */
const transient = [429, 500, 503, 504];

/** Largest number of tries of one request. */
const mostTries = 10;

/** Requests of this process that were sent again, because the server refused them for the moment. */
export const repeated = { requests: 0 };

/** An answer that is no success. */
class Refusal extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number;

  constructor(what: string, headers: Readonly<Record<string, unknown>>, body: string) {
    super(`${what}: ${String(headers[":status"])} ${body.slice(0, 300)}`);
    this.status = Number(headers[":status"]);
    this.retryAfterSeconds = Number(headers["retry-after"] ?? 0);
  }
}

/** A connection to the API server, as one program of a node has it. */
export class Connection implements Disposable {
  readonly #session: ClientHttp2Session;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ endpoint, ca }: Server, { token, cert, key }: Identity = {}) {
    this.#session = connect(endpoint, { ca, cert, key });
    // A broken connection fails each of its requests, which report it.
    this.#session.on("error", () => undefined);
    this.#headers = {
      accept: "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** Sends a request, and again after a transient refusal. @throws at any other refusal, and at the last try. */
  async send(method: string, path: string, body?: object, type = "application/json"): Promise<KubernetesObject> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#sendOnce(method, path, body, type);
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
    try {
      await this.send("GET", path);
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return false;
      throw error;
    }
  }

  async #sendOnce(method: string, path: string, body: object | undefined, type: string): Promise<KubernetesObject> {
    const content = body === undefined ? {} : { "content-type": type };
    const stream = this.#session.request({ ":method": method, ":path": path, ...content, ...this.#headers });
    stream.end(body === undefined ? undefined : JSON.stringify(body));
    const [headers] = (await once(stream, "response")) as [Readonly<Record<string, unknown>>];
    let text = "";
    for await (const piece of stream.setEncoding("utf8")) text += piece as string;
    const status = Number(headers[":status"]);
    if (status < 200 || status > 299) throw new Refusal(`${method} ${path}`, headers, text);
    return JSON.parse(text) as KubernetesObject;
  }

  /** Keeps a watch open until the connection ends. The events are received and dropped. */
  keepWatching(path: string): void {
    this.#watch(path).resume();
  }

  /** Watches a path until an object has a value, and returns the value. @throws when the watch ends before. */
  async waitFor<T>(path: string, value: (object: KubernetesObject) => T | undefined): Promise<T> {
    const stream = this.#watch(path);
    let rest = "";
    for await (const piece of stream.setEncoding("utf8")) {
      const lines = (rest + (piece as string)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const found = value((JSON.parse(line) as { readonly object: KubernetesObject }).object);
        if (found !== undefined) return found;
      }
    }
    throw new Error(`the watch of ${path} ended`);
  }

  #watch(path: string) {
    const stream = this.#session.request({ ":method": "GET", ":path": path, ...this.#headers });
    // The end of the connection cancels the stream.
    stream.on("error", () => undefined);
    return stream;
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}
