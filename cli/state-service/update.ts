import { readCheckpoint, recordUpdate } from "./checkpoint.ts";
import { checkEntry } from "./entry.ts";
import { Journal } from "./journal.ts";
import { pathsOf, type StackPlace } from "./places.ts";
import { compact } from "./recover-journal.ts";

/** Request of the Pulumi CLI for an update (pulumi 3.250.0, sdk/go/common/apitype/updates.go). */
export interface UpdateRequest {
  readonly config?: Readonly<Record<string, ConfigValue>>;
  readonly metadata?: { readonly message?: string; readonly environment?: Readonly<Record<string, string>> };
}

interface ConfigValue {
  readonly string: string;
  readonly secret: boolean;
  readonly object: boolean;
}

/** An update of a stack, from its request to its end. A preview has no journal and no place in the history. */
export class Update {
  readonly id: string;
  readonly #place: StackPlace;
  readonly #kind: string;
  readonly #request: UpdateRequest;
  readonly #started = seconds();
  #journal: Journal | undefined;
  #isRecorded = false;
  #changes: Readonly<Record<string, number>> | undefined;

  constructor(place: StackPlace, id: string, kind: string, request: UpdateRequest) {
    this.#place = place;
    this.id = id;
    this.#kind = kind;
    this.#request = request;
  }

  /** Begins the journal. @param engine Version of the Pulumi engine. */
  async start(engine: string): Promise<void> {
    if (this.#kind === "preview") return;
    const checkpoint = await readCheckpoint(this.#place);
    if (checkpoint === undefined) throw new Error(`stack ${this.#place.stack} has no checkpoint`);
    this.#journal = await Journal.create(pathsOf(this.#place).journal, { format: 1, base: checkpoint.hash, engine });
  }

  /** Stores entries of the journal. @throws when one is unknown, or the disk is full. None of them is stored then. */
  async append(entries: readonly unknown[]): Promise<void> {
    if (this.#journal === undefined) throw new Error(`update ${this.id} has no journal`);
    await this.#journal.append(entries.map(checkEntry));
  }

  /** Notes events of the engine. The last one has the number of changes. */
  note(events: readonly { readonly summaryEvent?: { readonly resourceChanges?: Record<string, number> } }[]): void {
    for (const { summaryEvent } of events) this.#changes = summaryEvent?.resourceChanges ?? this.#changes;
  }

  /** Writes the journal into the checkpoint, and the update into the history. Can be repeated after a failure. */
  async complete(succeeded: boolean): Promise<void> {
    if (this.#kind === "preview") return;
    await this.end();
    if (this.#isRecorded) return;
    await recordUpdate(this.#place, {
      kind: this.#kind,
      startTime: this.#started,
      message: this.#request.metadata?.message ?? "",
      environment: this.#request.metadata?.environment ?? {},
      config: Object.fromEntries(
        Object.entries(this.#request.config ?? {}).map(([key, value]) => [key, recorded(value)]),
      ),
      version: 0,
      result: succeeded ? "succeeded" : "failed",
      endTime: seconds(),
      ...(this.#changes && { resourceChanges: this.#changes }),
    });
    this.#isRecorded = true;
  }

  /** Writes the journal into the checkpoint, also where the CLI has ended early. Does nothing the second time. */
  async end(): Promise<void> {
    if (this.#journal === undefined) return;
    await this.#journal.close();
    await compact(this.#place);
    this.#journal = undefined;
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A value of the configuration as Pulumi's history has it. */
function recorded({ string, secret, object }: ConfigValue): unknown {
  if (object) return JSON.parse(string);
  return secret ? { secure: string } : string;
}
