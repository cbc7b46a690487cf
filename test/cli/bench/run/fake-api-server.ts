import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Server } from "../../../../lib/api-server.ts";

/** An object in the fake, with the fields that the fake itself reads. */
export interface Stored {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    /** An object with one stays until it is removed. */
    readonly finalizers?: readonly string[] | null;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** An API server in memory, on the loopback interface, without TLS. It stops when the test ends. */
export class FakeApiServer {
  /** Every object by its path. */
  readonly objects = new Map<string, Stored>();
  /** Every request as `METHOD path`, in the order of arrival. */
  readonly requests: string[] = [];
  /** Bearer token of each request, in the same order. */
  readonly tokens: (string | undefined)[] = [];
  /** Returns the status that refuses a request; undefined lets it pass; 0 never answers. */
  refuse: (method: string, path: string) => number | undefined = () => undefined;
  /** Returns the node of a pod; undefined where none fits. Called while a scheduler is active. */
  schedule: (pod: Stored) => string | undefined = () => "node-0";
  /** Called after an object was applied or deleted, as a controller sees it. */
  changed: (method: "PATCH" | "DELETE", path: string, object: Stored) => void = () => undefined;
  /** Whether nodes become Ready, and bound pods Running. */
  isReady = true;
  /** Milliseconds until a new namespace has its service account. */
  accountDelay = 0;
  /** Milliseconds until a deleted namespace is gone. It refuses new objects until then. */
  deletionDelay = 0;
  /** Whether watches stay open. Otherwise each one ends at once. */
  keepsWatches = true;
  #active = false;
  #version = 1;
  readonly #events: { readonly version: number; readonly text: string }[] = [];
  readonly #watches = new Set<ServerHttp2Stream>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #endpoint = "";

  /** Starts it on a free port, with the namespaces `default` and `kube-system`. */
  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    const server = createServer();
    server.on("session", (session) => {
      fake.#sessions.add(session);
      session.on("error", () => undefined);
    });
    server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      void fake.#answer(stream, headers);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    fake.#endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const name of ["default", "kube-system"]) {
      fake.put(`/api/v1/namespaces/${name}`);
      fake.put(`/api/v1/namespaces/${name}/serviceaccounts/default`);
    }
    onTestFinished(() => {
      fake.breakConnections();
      server.close();
    });
    return fake;
  }

  get server(): Server {
    return { endpoint: this.#endpoint, ca: "" };
  }

  /** Stores an object as another program would. */
  put(path: string, object: Partial<Stored> = {}): void {
    const namespace = /\/namespaces\/([^/]+)\/./.exec(path)?.[1];
    const name = path.slice(path.lastIndexOf("/") + 1);
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...object.metadata };
    this.#store(path, { ...object, metadata });
  }

  /** Names of the objects of a collection, sorted. */
  names(collection: string): readonly string[] {
    return this.#list(collection)
      .map(([, { metadata }]) => metadata.name)
      .sort();
  }

  /** Number of requests that match. */
  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  /** Whether a scheduler runs. One that starts gives each waiting pod a node. */
  get active(): boolean {
    return this.#active;
  }

  set active(active: boolean) {
    this.#active = active;
    for (const [path] of this.#list("/api/v1/pods")) this.#bind(path);
  }

  /** Number of open watches. */
  get watching(): number {
    return this.#watches.size;
  }

  /** Ends every open watch, as a busy API server does. The next watch gets the events since its version. */
  endWatches(): void {
    for (const stream of this.#watches) stream.end();
    this.#watches.clear();
  }

  /** Sends an event to every open watch. */
  send(type: string, object: object): void {
    for (const stream of this.#watches) stream.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** Bytes that each connection accepts ahead of its reader: of one answer, and of all. */
  get windows(): readonly (readonly [stream: number | undefined, connection: number | undefined])[] {
    return [...this.#sessions].map(({ remoteSettings, state }) => [
      remoteSettings.initialWindowSize,
      state.remoteWindowSize,
    ]);
  }

  /** Breaks every connection in the middle of its requests. */
  breakConnections(): void {
    for (const session of this.#sessions) session.destroy();
    this.#sessions.clear();
  }

  /** Ends every connection as an API server does after a time without a request. */
  async closeConnections(): Promise<void> {
    const sessions = [...this.#sessions];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => new Promise<void>((resolve) => session.close(resolve))));
    // The client is in this process, and must see the end before its next request.
    await sleep(20);
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const method = headers[":method"] ?? "";
    const full = headers[":path"] ?? "";
    const body =
      method === "POST" || method === "PATCH" ? ((await json(stream).catch(() => ({}))) as Stored) : undefined;
    this.requests.push(`${method} ${full}`);
    this.tokens.push(headers.authorization?.replace("Bearer ", ""));
    const url = new URL(full, "http://fake");
    const refused = this.refuse(method, full);
    if (refused === 0 || stream.destroyed) return;
    if (refused === undefined && url.searchParams.get("watch") === "true") return this.#watch(stream, url);
    const isMerge = headers["content-type"] === "application/merge-patch+json";
    const [status, answer] =
      refused !== undefined
        ? [refused, {}]
        : isMerge && body !== undefined
          ? this.#merge(url.pathname.replace(/\/status$/, ""), body)
          : this.#handle(method, url, body);
    stream.respond({ ":status": status });
    stream.end(JSON.stringify(answer));
  }

  #handle(method: string, { pathname: path, searchParams: query }: URL, body: Stored | undefined): [number, object] {
    if (method === "PATCH" && body !== undefined) {
      this.put(path, body);
      this.changed("PATCH", path, body);
      return [200, body];
    }
    if (body !== undefined) return this.#create(path, body);
    const object = this.objects.get(path);
    if (object !== undefined) {
      if (method === "DELETE") {
        this.#delete(path, object);
        this.changed("DELETE", path, object);
      }
      return [200, object];
    }
    const isCollection =
      /\/(pods|nodes|namespaces|services|configmaps|secrets|[a-z]*(sets|ments|jobs|budgets|classes|roles|bindings|volumes|claims)|csinodes)$/;
    if (!isCollection.test(path)) return [404, { message: "not found" }];
    const selected = this.#list(path, query.get("labelSelector") ?? "");
    if (method === "DELETE") for (const [each, object] of selected) this.#delete(each, object);
    const limit = Number(query.get("limit") ?? selected.length);
    const remainingItemCount = Math.max(0, selected.length - limit);
    const metadata = { resourceVersion: String(this.#version), ...(remainingItemCount > 0 && { remainingItemCount }) };
    return [200, { metadata, items: selected.slice(0, limit).map(([, each]) => each) }];
  }

  #create(collection: string, body: Stored): [number, object] {
    if (collection.endsWith("/token")) return [201, { status: { token: `token of ${collection.split("/").at(-2)}` } }];
    const { name } = body.metadata;
    const path = `${collection}/${name}`;
    if (name === undefined) return [422, { message: "no name" }];
    if (this.objects.has(path)) return [409, { message: "it exists" }];
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    const parent = this.objects.get(`/api/v1/namespaces/${namespace}`);
    if (namespace !== undefined && parent === undefined) return [404, {}];
    if (parent?.metadata.deletionTimestamp !== undefined) return [403, { message: "the namespace is being deleted" }];
    if (body.metadata.namespace !== undefined && body.metadata.namespace !== namespace) return [400, {}];
    if (collection.endsWith("/pods")) {
      const { priority, priorityClassName } = body.spec as { priority?: number; priorityClassName?: string };
      const classPath = `/apis/scheduling.k8s.io/v1/priorityclasses/${priorityClassName}`;
      if (priority !== undefined) return [403, { message: "the priority must be computed from a class" }];
      if (priorityClassName !== undefined && !this.objects.has(classPath)) return [403, { message: "no such class" }];
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
      if (!this.objects.has(account)) return [403, { message: "no service account" }];
    }
    this.put(path, body);
    if (collection === "/api/v1/nodes" && this.isReady) {
      this.objects.get(path)!.status = { ...body.status, conditions: [{ type: "Ready", status: "True" }] };
    }
    // As the controller manager does, some time later.
    const account = () => this.put(`${path}/serviceaccounts/default`);
    if (collection === "/api/v1/namespaces" && this.accountDelay > 0) setTimeout(account, this.accountDelay);
    else if (collection === "/api/v1/namespaces") account();
    if (collection.endsWith("/pods")) setImmediate(() => this.#bind(path));
    return [201, { ...body, metadata: { ...body.metadata, uid: `uid of ${name}` } }];
  }

  /** Merges the fields of an object, but not those inside of them, except for the metadata. */
  #merge(path: string, { metadata, ...fields }: Partial<Stored>): [number, object] {
    const object = this.objects.get(path);
    if (object === undefined) return [404, {}];
    const merged = { ...object, ...fields, metadata: { ...object.metadata, ...metadata } };
    if (merged.metadata.deletionTimestamp !== undefined && merged.metadata.finalizers === null) this.#remove(path);
    else this.#store(path, merged);
    return [200, merged];
  }

  /** Binds a pod in the way of the active scheduler. */
  #bind(path: string): void {
    const pod = this.objects.get(path);
    if (!this.#active || pod === undefined || pod.spec?.nodeName !== undefined) return;
    const nodeName = this.schedule(pod);
    const conditions = [{ type: "PodScheduled", status: nodeName === undefined ? "False" : "True" }];
    const phase = nodeName !== undefined && this.isReady ? "Running" : "Pending";
    this.#store(path, {
      ...pod,
      spec: { ...pod.spec, ...(nodeName === undefined ? {} : { nodeName }) },
      status: { phase, conditions },
    });
  }

  #store(path: string, object: Stored): void {
    const type = this.objects.has(path) ? "MODIFIED" : "ADDED";
    this.objects.set(path, object);
    this.#record(path, type, object);
  }

  /** The deletion of a namespace takes its time, as the controller manager's does. */
  #delete(path: string, object: Stored): void {
    const isSlow = this.deletionDelay > 0 && /^\/api\/v1\/namespaces\/[^/]+$/.test(path);
    const isGuarded = (object.metadata.finalizers ?? []).length > 0;
    if (!isSlow && !isGuarded) return this.#remove(path);
    const deletionTimestamp = new Date().toISOString();
    this.#store(path, { ...object, metadata: { ...object.metadata, deletionTimestamp } });
    if (isSlow) setTimeout(() => this.#remove(path), this.deletionDelay);
  }

  #remove(path: string): void {
    for (const each of [...this.objects.keys()].filter((key) => key === path || key.startsWith(`${path}/`))) {
      const object = this.objects.get(each)!;
      this.objects.delete(each);
      this.#record(each, "DELETED", object);
    }
  }

  #record(path: string, type: string, object: Stored): void {
    const version = ++this.#version;
    if (!/\/pods\/[^/]+$/.test(path)) return;
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    const text = `${JSON.stringify({ type, object: { ...object, metadata } })}\n`;
    this.#events.push({ version, text });
    for (const stream of this.#watches) stream.write(text);
  }

  #watch(stream: ServerHttp2Stream, url: URL): void {
    stream.respond({ ":status": 200 });
    const from = Number(url.searchParams.get("resourceVersion"));
    for (const { version, text } of this.#events) if (version > from) stream.write(text);
    if (!this.keepsWatches) return void stream.end();
    this.#watches.add(stream);
    stream.on("close", () => this.#watches.delete(stream));
  }

  /** A collection outside of a namespace has the objects of all of them. */
  #list(collection: string, selector = ""): readonly (readonly [string, Stored])[] {
    const [group = "", plural = ""] = collection.split(/\/(?=[^/]+$)/);
    const fits = new RegExp(`^${group.replaceAll(".", "\\.")}(/namespaces/[^/]+)?/${plural}/[^/]+$`);
    const tests = selector.split(",").filter(Boolean);
    return [...this.objects].filter(([path, { metadata }]) => {
      const { labels = {} } = metadata;
      return (
        fits.test(path) &&
        tests.every((each) => {
          const [key = "", value] = each.replace("!", "").split("=");
          const isThere = value === undefined ? key in labels : labels[key] === value;
          return isThere !== each.startsWith("!");
        })
      );
    });
  }
}
