import { readFileSync } from "node:fs";
import { compareNames } from "../../lib/name-order.ts";
import { list, mapOf, object, readYaml, text } from "../../lib/outside.ts";
import type { UpstreamCase } from "./upstream.ts";

/** Needs of the conformance tests: nodes, and images of a registry, which a node of this project does not pull. */
export interface Requirements {
  /** Names of the cases that need no image of a registry. */
  readonly withoutImages: {
    /** Cases that need no node either. */
    readonly api: readonly string[];
    /** Cases that need Ready nodes. */
    readonly nodes: readonly string[];
  };
  /** Names of the images that the other cases need, by their source file. */
  readonly images: Readonly<Record<string, readonly string[]>>;
}

const source = { name: "test/conformance/requirements.yaml", fix: "git checkout test/conformance/requirements.yaml" };
const shape = object({ withoutImages: object({ api: list(text), nodes: list(text) }), images: mapOf(list(text)) });

/** Reads requirements.yaml. */
export function readRequirements(): Requirements {
  return readYaml(readFileSync(new URL("requirements.yaml", import.meta.url), "utf8"), source, shape);
}

/** A case that does not run. */
export interface LeftOut {
  readonly name: string;
  /** The image that it needs, in words. */
  readonly reason: string;
}

/** Cases that run, and cases that do not. */
export interface Selection {
  readonly chosen: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Wishes of the user. */
export interface Wishes {
  readonly all: boolean;
  readonly focus?: RegExp;
}

/**
 * Selects the cases that can run on nodes which pull no image; with `all`, every case. Each list is sorted by name.
 * @param focus Leaves out the cases whose name does not match, without a word about them.
 * @throws where no name matches.
 */
export function select(
  cases: readonly UpstreamCase[],
  { withoutImages: { api, nodes }, images }: Requirements,
  { all, focus }: Wishes,
): Selection {
  const free = new Set([...api, ...nodes]);
  const wanted = cases.filter(({ name }) => focus?.test(name) ?? true).sort((a, b) => compareNames(a.name, b.name));
  if (wanted.length === 0) {
    throw new Error(
      `--focus ${focus?.source} matches none of ${cases.length} cases. Fix: choose a part of a name that ` +
        "`npm run test:conformance -- --dry-run` lists",
    );
  }
  const runs = ({ name }: UpstreamCase) => all || free.has(name);
  return {
    chosen: wanted.filter(runs).map(({ name }) => name),
    leftOut: wanted
      .filter((each) => !runs(each))
      .map(({ name, file }) => ({ name, reason: `needs images: ${(images[file] ?? ["unknown"]).join(", ")}` })),
  };
}
