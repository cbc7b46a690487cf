import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import type { Picture } from "./picture.ts";

/** Property in which the two images differ. Absent on the side that lacks it. */
export interface Difference {
  readonly what: string;
  readonly debian?: string;
  readonly nixos?: string;
}

/** Difference that is listed with its reason. */
export interface ExpectedDifference {
  /** Name of a property, or the first parts of the names of several. */
  readonly what: string;
  readonly reason: string;
}

/** Result of {@link compare}. */
export interface Comparison {
  /** Number of compared properties. */
  readonly compared: number;
  readonly expected: readonly Difference[];
  readonly unexpected: readonly Difference[];
  /** Entries of the list without a difference. */
  readonly obsolete: readonly ExpectedDifference[];
}

/** Reads the list of expected differences: test/image/differences.toml. */
export function expectedDifferences(): readonly ExpectedDifference[] {
  const text = readFileSync(new URL("../../image/differences.toml", import.meta.url), "utf8");
  return (parse(text) as unknown as { readonly difference: readonly ExpectedDifference[] }).difference;
}

/** Compares the nodes of the two images. */
export function compare(
  debian: Picture,
  nixos: Picture,
  listed: readonly ExpectedDifference[] = expectedDifferences(),
): Comparison {
  const places = [...new Set([...debian.keys(), ...nixos.keys()])].sort();
  const differences = places
    .filter((what) => debian.get(what) !== nixos.get(what))
    .map((what) => ({ what, debian: debian.get(what), nixos: nixos.get(what) }));
  const covers = (entry: ExpectedDifference, { what }: Difference) =>
    what === entry.what || what.startsWith(`${entry.what} / `);
  const isExpected = (difference: Difference) => listed.some((entry) => covers(entry, difference));
  return {
    compared: places.length,
    expected: differences.filter(isExpected),
    unexpected: differences.filter((difference) => !isExpected(difference)),
    obsolete: listed.filter((entry) => !differences.some((difference) => covers(entry, difference))),
  };
}

/** Returns a comparison as text for a reader. */
export function report({ compared, expected, unexpected, obsolete }: Comparison): string {
  return [
    `${compared} properties compared, ${expected.length} expected differences, ${unexpected.length} unexpected`,
    ...unexpected.map(({ what, debian = "nothing", nixos = "nothing" }) => `${what}: Debian ${debian}, NixOS ${nixos}`),
    ...obsolete.map(({ what }) => `${what}: listed in test/image/differences.toml, but the images do not differ in it`),
  ].join("\n");
}
