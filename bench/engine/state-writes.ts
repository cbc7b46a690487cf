import { existsSync, statSync, watch } from "node:fs";
import { join } from "node:path";

/** Number and size of writes. */
export interface Writes {
  readonly count: number;
  readonly bytes: number;
}

/** Files of a state: folders, and the names of the files in them. */
export interface StateFiles {
  /** A folder that does not exist is left out. */
  readonly folders: readonly string[];
  readonly name: RegExp;
}

/** Changes of a file that follow one another within this time in milliseconds belong to one write. */
const oneWrite = 100;

/**
 * Counts the writes of state files. A file that is replaced or rewritten counts with its whole size, and a journal with its
 * growth. The kernel reports each replacement, so their number is exact. The size is the size when this process looks.
 */
export class StateWrites {
  readonly #watchers: readonly ReturnType<typeof watch>[];
  readonly #changed = new Map<string, { readonly at: number; readonly size: number }>();
  readonly #journals = new Map<string, number>();
  #count = 0;
  #bytes = 0;

  constructor({ folders, name }: StateFiles) {
    this.#watchers = folders.filter(existsSync).map((folder) =>
      watch(folder, { persistent: false }, (event, file) => {
        if (file !== null && name.test(file)) this.#look(join(folder, file), event);
      }),
    );
  }

  /** Ends the watch. @returns the writes since its start. */
  end(): Writes {
    for (const watcher of this.#watchers) watcher.close();
    return { count: this.#count, bytes: this.#bytes };
  }

  #look(path: string, event: "rename" | "change"): void {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return;
    if (path.endsWith(".journal")) {
      const known = this.#journals.get(path) ?? 0;
      this.#journals.set(path, size);
      if (size !== known) this.#add(size > known ? size - known : size);
      return;
    }
    const now = performance.now();
    const last = this.#changed.get(path);
    this.#changed.set(path, { at: now, size });
    if (event === "rename" || last === undefined || now - last.at > oneWrite) this.#add(size);
    // A file that is rewritten in place is empty at first.
    else this.#bytes += Math.max(0, size - last.size);
  }

  #add(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }
}
