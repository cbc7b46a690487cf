import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { takeBackendLock } from "./backend-lock.ts";
import { checkpointText, readCheckpoint, removeStack, replaceCheckpoint } from "./checkpoint.ts";
import type { Versioned } from "./deployment.ts";
import type { StackPlace } from "./places.ts";
import { rootType } from "./references.ts";
import { readRequest, Refusal, type Request } from "./request.ts";
import { Update, type UpdateRequest } from "./update.ts";

/** Organization of every stack in a file backend. */
const organization = "organization";

/** Number of every import. It has ended when the CLI learns the number. */
const importId = "import";

/** Errors of a full disk, which may have room again at the next attempt. */
const diskErrors = ["ENOSPC", "EDQUOT", "EIO"];

/**
 * A server on this machine's loopback that stores the changes of a state in a journal. It speaks the part of Pulumi's service
 * API that an update of one stack needs (pulumi 3.250.0, pkg/backend/httpstate/client).
 */
export class StateService {
  /** Secret of the CLI. The server answers to no other. */
  readonly token = randomBytes(32).toString("hex");
  readonly #place: StackPlace;
  readonly #pid: () => number;
  readonly #server: Server;
  #update: Update | undefined;
  #releaseLock: (() => Promise<void>) | undefined;

  private constructor(place: StackPlace, pid: () => number) {
    this.#place = place;
    this.#pid = pid;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /**
   * Starts the service of a stack on a free port.
   * @param pid Returns the number of the process that works on the stack, for the backend's lock.
   */
  static async start(place: StackPlace, pid: () => number): Promise<StateService> {
    const service = new StateService(place, pid);
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the service. The checkpoint then has every change that was stored. @throws when the disk is full. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    try {
      await this.#update?.end();
    } finally {
      await this.#releaseLock?.();
    }
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let status = 200;
    let answer: unknown;
    try {
      this.#authenticate(incoming);
      answer = await this.#route(await readRequest(incoming));
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      status = error instanceof Refusal ? error.status : diskErrors.includes(code) ? 507 : 400;
      answer = { code: status, message };
    }
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  #authenticate({ headers }: IncomingMessage): void {
    const [, given = ""] = /^(?:update-)?token (.*)$/.exec(headers.authorization ?? "") ?? [];
    const [expected, got] = [Buffer.from(this.token), Buffer.from(given)];
    if (got.length !== expected.length || !timingSafeEqual(got, expected)) throw new Refusal(401, "wrong token");
  }

  async #route(request: Request): Promise<unknown> {
    const { method, path } = request;
    const [area, ...rest] = path;
    const name = `${method} ${path.join("/")}`;
    if (name === "GET capabilities") return { capabilities: [] };
    if (name === "GET user") {
      return { id: organization, githubLogin: organization, name: organization, organizations: [] };
    }
    if (name === "GET user/organizations/default") return { GitHubLogin: organization, Messages: [] };
    const { project, stack } = this.#place;
    const isOwn = rest[0] === organization && rest[1] === project && rest[2] === stack;
    const answer = area === "stacks" && isOwn ? await this.#ofStack({ ...request, path: rest.slice(3) }) : undefined;
    if (answer === undefined) {
      throw new Refusal(404, `the state service of stack ${stack} has no ${name}; plain \`pulumi\` may have it`);
    }
    return answer;
  }

  async #ofStack(request: Request): Promise<unknown> {
    const { method, path, body } = request;
    const { project, stack } = this.#place;
    const [word = "", id, action = ""] = path;
    if (method === "GET" && word === "") {
      const tags = { "pulumi:project": project };
      return {
        id: stack,
        orgName: organization,
        projectName: project,
        stackName: stack,
        activeUpdate: "",
        tags,
        version: 0,
      };
    }
    if (method === "GET" && word === "export") {
      const { version, features, deployment } = (await readCheckpoint(this.#place)) ?? { version: 3, features: [] };
      return { version, features, deployment };
    }
    if (method === "DELETE" && word === "") return this.#remove();
    if (method === "PATCH" && word === "tags") return {};
    if (method === "POST" && word === "import") return this.#import(body);
    if (method === "GET" && word === "update" && id === importId && action === "") {
      return { status: "succeeded", events: [] };
    }
    if (!["update", "preview", "refresh", "destroy"].includes(word)) return undefined;
    if (id === undefined) return this.#create(word, body);
    if (id !== this.#update?.id) throw new Refusal(404, `there is no update ${id}`);
    return this.#ofUpdate(this.#update, `${method} ${[action, ...path.slice(3)].join("/")}`, request);
  }

  /** Creates an update. The first one takes the lock, which also covers the time between a preview and its update. */
  async #create(word: string, body: UpdateRequest): Promise<object> {
    this.#releaseLock ??= await takeBackendLock(this.#place, this.#pid());
    await this.#update?.end();
    this.#update = new Update(this.#place, randomUUID(), word, body);
    return { updateID: this.#update.id };
  }

  /** Replaces the checkpoint, as `pulumi refresh --clear-pending-creates` does before it starts. */
  async #import({ version, features = [], deployment }: Partial<Versioned>): Promise<object> {
    if (version === undefined || deployment === undefined)
      throw new Refusal(400, "the deployment to import is missing");
    this.#releaseLock ??= await takeBackendLock(this.#place, this.#pid());
    await this.#update?.end();
    await replaceCheckpoint(this.#place, checkpointText(this.#place, { version, features, deployment }));
    return { updateID: importId };
  }

  /** Removes the stack, as `pulumi destroy --remove` does at its end. */
  async #remove(): Promise<object> {
    this.#releaseLock ??= await takeBackendLock(this.#place, this.#pid());
    await this.#update?.end();
    const { resources = [] } = (await readCheckpoint(this.#place))?.deployment ?? {};
    // The CLI knows this case by this message.
    if (resources.some(({ type }) => type !== rootType))
      throw new Refusal(400, "Bad Request: Stack still contains resources.");
    await removeStack(this.#place);
    return {};
  }

  async #ofUpdate(update: Update, name: string, { body, engine }: Request): Promise<object | undefined> {
    const lease = { token: this.token, tokenExpiration: Math.floor(Date.now() / 1000) + 86_400 };
    switch (name) {
      case "POST ":
        if (!(Number(body.journalVersion) >= 1)) {
          throw new Refusal(400, "the Pulumi CLI has no journal. Fix: set NODEFORGE_JOURNAL=off");
        }
        await update.start(engine);
        return { version: 1, journalVersion: 1, ...lease };
      case "PATCH journalentries":
        await update.append((body.entries ?? []) as readonly unknown[]);
        return {};
      case "POST events/batch":
        update.note((body.events ?? []) as Parameters<Update["note"]>[0]);
        return {};
      case "POST renew_lease":
        return lease;
      case "POST complete":
        await update.complete(body.status === "succeeded");
        return {};
      case "POST cancel":
        return {};
      default:
        return undefined;
    }
  }
}
