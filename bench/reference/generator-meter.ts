/** Use of the generator's own process in the measured window. */
export interface GeneratorUse {
  readonly cpuSeconds: number;
  /** Resident memory in bytes, twice a second. */
  readonly memory: readonly number[];
}

const interval = 500;

/** Measures the process that it runs in. */
export class GeneratorMeter {
  #before: NodeJS.CpuUsage | undefined;
  #memory: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Begins a window. */
  begin(): void {
    this.#before = process.cpuUsage();
    this.#memory = [process.memoryUsage.rss()];
    this.#timer = setInterval(() => this.#memory.push(process.memoryUsage.rss()), interval);
  }

  /** Ends the window. @throws without {@link begin}. */
  end(): GeneratorUse {
    clearInterval(this.#timer);
    if (this.#before === undefined) throw new Error("the window of the generator's meter never began");
    const { user, system } = process.cpuUsage(this.#before);
    this.#before = undefined;
    return { cpuSeconds: (user + system) / 1e6, memory: [...this.#memory, process.memoryUsage.rss()] };
  }
}
