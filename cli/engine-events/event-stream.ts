import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials, type sendUnaryData, type ServerReadableStream } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/events_grpc_pb.js";

/** Receives the events of a call of Pulumi. */
export interface EventReceiver {
  /**
   * Called when a preview or an update begins.
   * @param index Number of those before it in this call.
   */
  readonly onBegin?: (index: number) => void;
  /** Takes the next event, which is one line of JSON. An error counts as unreadable, and stops nothing. */
  readonly onEvent: (line: string) => void;
}

/** The part of Pulumi's message that is read here. */
interface EventRequest {
  getEvent(): string;
}

/**
 * Receives the engine's events from Pulumi while Pulumi runs. `--event-log` takes an address instead of a file, as the
 * Automation API uses it (3.250, pkg/backend/display/display.go). gRPC also connects to a Unix socket. So no event is in a file, and
 * only this user can send one. Pulumi goes on when this process does not take an event.
 */
export class EventStream implements AsyncDisposable {
  readonly #folder: string;
  readonly #server: Server;
  readonly #receiver: EventReceiver;
  #streams = 0;
  #unreadable = 0;

  private constructor(folder: string, receiver: EventReceiver) {
    this.#folder = folder;
    this.#receiver = receiver;
    // A state of a thousand nodes is in one event.
    this.#server = new Server({ "grpc.max_receive_message_length": -1 });
    // The answer is a message without fields, which is no bytes.
    const streamEvents = { ...services.EventsService.streamEvents, responseSerialize: () => Buffer.alloc(0) };
    this.#server.addService(
      { streamEvents },
      {
        streamEvents: (call: ServerReadableStream<EventRequest, object>, done: sendUnaryData<object>) =>
          this.#receive(call, done),
      },
    );
  }

  /** Opens a socket in a folder that only this user can enter. @throws when the folder or the socket cannot be made. */
  static async open(receiver: EventReceiver, place = tmpdir()): Promise<EventStream> {
    const folder = await mkdtemp(join(place, "nodeforge-events-"));
    const stream = new EventStream(folder, receiver);
    try {
      await new Promise<void>((resolve, reject) =>
        stream.#server.bindAsync(`unix:${stream.#socket}`, ServerCredentials.createInsecure(), (error) =>
          error === null ? resolve() : reject(error),
        ),
      );
    } catch (error) {
      await stream[Symbol.asyncDispose]();
      throw error;
    }
    return stream;
  }

  get #socket(): string {
    return join(this.#folder, "socket");
  }

  /** Options of Pulumi that send the events here. */
  get options(): readonly string[] {
    return ["--event-log", `tcp://unix://${this.#socket}`];
  }

  /** Variables of Pulumi, without which the CLI has no such option. */
  get variables(): Readonly<Record<string, string>> {
    return { PULUMI_DEBUG_COMMANDS: "true" };
  }

  /** Number of lines that were no event, or that the receiver could not take. */
  get unreadable(): number {
    return this.#unreadable;
  }

  #receive(call: ServerReadableStream<EventRequest, object>, done: sendUnaryData<object>): void {
    this.#receiver.onBegin?.(this.#streams++);
    call.on("data", (request: EventRequest) => {
      // An event that cannot be shown must not stop the run.
      try {
        this.#receiver.onEvent(request.getEvent());
      } catch {
        this.#unreadable++;
      }
    });
    call.on("error", () => undefined);
    call.on("end", () => done(null, {}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
