/** A transfer of files that a later step needs. */
export interface Transfer {
  /** Name of the files. A queue begins a name once. */
  readonly name: string;
  /** Fetches the files. Leaves what it has for a later attempt when the signal aborts it. */
  readonly fetch: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Transfers that run while a command does something else, in the order in which they were added.
 *
 * A failure is silent, because the step that needs the files fetches what is missing, and reports it.
 */
export class TransferQueue {
  readonly #atATime: number;
  readonly #begun = new Set<string>();
  readonly #waiting: Transfer[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #end = new AbortController();

  /** @param atATime Number of transfers that run at the same time. */
  constructor(atATime: number) {
    this.#atATime = atATime;
  }

  /** Adds transfers in the order of need, and begins them as soon as earlier ones end. Ignores names that it has. */
  add(...transfers: readonly Transfer[]): void {
    for (const transfer of transfers) {
      if (this.#begun.has(transfer.name)) continue;
      this.#begun.add(transfer.name);
      this.#waiting.push(transfer);
    }
    this.#beginNext();
  }

  /** Waits until every transfer has ended. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Aborts the transfers, and waits for their end. Later ones do not begin. */
  async stop(): Promise<void> {
    this.#end.abort();
    this.#waiting.length = 0;
    await this.settle();
  }

  #beginNext(): void {
    while (this.#running.size < this.#atATime && !this.#end.signal.aborted) {
      const transfer = this.#waiting.shift();
      if (transfer === undefined) return;
      const ended = transfer
        .fetch(this.#end.signal)
        .catch(() => undefined)
        .finally(() => {
          this.#running.delete(ended);
          this.#beginNext();
        });
      this.#running.add(ended);
    }
  }
}

/**
 * Transfers of this process. The program that runs it stops them at its end.
 *
 * Two at a time, so that a slow server does not hold up the other files. More would share the network with a file that is needed
 * before them.
 */
export const earlyTransfers = new TransferQueue(2);
