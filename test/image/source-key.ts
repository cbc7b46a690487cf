import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { lookUp, type Input } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";

/** Returns the paths of all files below a folder of the checkout, relative to the checkout. */
export async function filesBelow(...folder: string[]): Promise<readonly string[]> {
  const entries = await readdir(inCheckout(...folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(inCheckout(), join(entry.parentPath, entry.name)))
    .sort();
}

/** Copy of the image's sources, whose files a test may change. */
export class SourceCopy {
  readonly #folder: string;
  readonly #inputs: (root: string) => Promise<readonly Input[]>;

  /** @param inputs Returns the inputs of the key for a checkout. */
  constructor(folder: string, inputs: (root: string) => Promise<readonly Input[]>) {
    this.#folder = folder;
    this.#inputs = inputs;
  }

  /** Copies image/, nix/ and the flake. */
  async fill(): Promise<this> {
    for (const name of ["image", "nix", "flake.nix", "flake.lock"])
      await cp(inCheckout(name), this.path(name), { recursive: true });
    return this;
  }

  path(...names: string[]): string {
    return join(this.#folder, ...names);
  }

  /** Returns the key of the copy. */
  async key(): Promise<string> {
    return (await lookUp({ name: "key", inputs: await this.#inputs(this.#folder) })).folder;
  }

  async change(path: string, edit: (text: string) => string): Promise<void> {
    await writeFile(this.path(path), edit(await readFile(this.path(path), "utf8")));
  }
}

/**
 * Returns the paths of TypeScript files and of every file that they import, relative to the checkout. Ignores imports of types.
 * @param isEnd Returns whether the imports of a file are ignored.
 */
export async function importsOf(
  files: readonly string[],
  isEnd: (path: string) => boolean,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (found.has(path)) return;
    found.add(path);
    if (isEnd(path)) return;
    const text = await readFile(inCheckout(path), "utf8");
    const imports = text.matchAll(/^(?:import|export) (?!type )[^;]*? from "(\.[^"]+)";$/gms);
    for (const [, name = ""] of imports) await follow(join(dirname(path), name));
  };
  for (const path of files) await follow(path);
  return found;
}
