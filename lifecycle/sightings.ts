import { readFileSync, writeFileSync } from "node:fs";
import { sightingsVariable } from "../names.ts";

/**
 * Since when each node's kubelet has been away. The engine runs the program twice, for its plan and for what follows; with a
 * file that lasts as long as the run, the second look does not wait once more for what the first has seen.
 */
export class Sightings {
  readonly #path: string | undefined;
  #since: ReadonlyMap<string, number>;

  /** @param path File of a run; undefined for a look that remembers nothing. */
  constructor(path: string | undefined) {
    this.#path = path;
    this.#since = new Map(this.#read());
  }

  /** Those of the run that the wrapper has begun; with plain Pulumi each look is the first. */
  static ofThisRun(): Sightings {
    return new Sightings(process.env[sightingsVariable]);
  }

  /** Notes whose kubelets are away now; one that is back is forgotten. Returns since when, in milliseconds. */
  update(names: readonly string[]): ReadonlyMap<string, number> {
    this.#since = new Map(names.map((name) => [name, this.#since.get(name) ?? Date.now()]));
    if (this.#path !== undefined) writeFileSync(this.#path, JSON.stringify([...this.#since]), { mode: 0o600 });
    return this.#since;
  }

  #read(): readonly (readonly [string, number])[] {
    try {
      return this.#path === undefined ? [] : (JSON.parse(readFileSync(this.#path, "utf8")) as [string, number][]);
    } catch {
      // The first look of a run finds none; whatever else is wrong costs a wait, not a wrong finding.
      return [];
    }
  }
}
