import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gateAnswer } from "../../lifecycle/update-gate.ts";
import { gateVariable } from "../../names.ts";

/**
 * Holds an update at its begin. One call of Pulumi plans, asks and updates, and nothing else stops it between the answer and its
 * first change. So the program of the update asks here before its first resource (lifecycle/update-gate.ts).
 */
export class UpdateGate implements AsyncDisposable {
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #before: () => Promise<unknown>;
  #work: Promise<unknown> | undefined;

  private constructor(folder: string, before: () => Promise<unknown>) {
    this.#folder = folder;
    this.#before = before;
    this.#server = createServer((socket) => void this.#hold(socket));
  }

  /**
   * Opens a gate in a folder that only this user can enter.
   * @param before Work before the update begins, which is done once. The update fails without a change where it throws.
   */
  static async open(before: () => Promise<unknown>, place = tmpdir()): Promise<UpdateGate> {
    const gate = new UpdateGate(await mkdtemp(join(place, "nodeforge-gate-")), before);
    try {
      // An error of the server rejects.
      await once(gate.#server.listen(gate.#path), "listening");
    } catch (error) {
      await gate[Symbol.asyncDispose]();
      throw error;
    }
    return gate;
  }

  get #path(): string {
    return join(this.#folder, "socket");
  }

  /** Variables of Pulumi with which its update asks here. */
  get variables(): Readonly<Record<string, string>> {
    return { [gateVariable]: this.#path };
  }

  async #hold(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    // The program may end while it waits, for example after Ctrl-C.
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    try {
      await (this.#work ??= this.#before());
      socket.end(gateAnswer);
    } catch {
      socket.destroy();
    }
  }

  /** Closes the gate. A program that still waits fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
