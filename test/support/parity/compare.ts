import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import type { Picture } from "./picture.ts";

/** A setting in which the two images differ. A side without the setting is undefined. */
export interface Difference {
  readonly what: string;
  readonly debian?: string;
  readonly nixos?: string;
}

/** An intended difference. */
export interface Meant {
  /** Name of the setting, or the common beginning of several. */
  readonly what: string;
  readonly reason: string;
}

/** Result of a comparison. */
export interface Comparison {
  /** Number of compared settings. */
  readonly compared: number;
  readonly meant: readonly Difference[];
  readonly unexpected: readonly Difference[];
  /** Intended differences that no longer exist. */
  readonly gone: readonly Meant[];
}

/** Reads the intended differences: test/image/differences.toml. */
export function readMeant(): readonly Meant[] {
  const text = readFileSync(new URL("../../image/differences.toml", import.meta.url), "utf8");
  return (parse(text) as unknown as { readonly difference: readonly Meant[] }).difference;
}

/** Compares the nodes that the two images make. */
export function compare(debian: Picture, nixos: Picture, listed: readonly Meant[] = readMeant()): Comparison {
  const places = [...new Set([...debian.keys(), ...nixos.keys()])].sort();
  const differences = places
    .filter((what) => debian.get(what) !== nixos.get(what))
    .map((what) => ({ what, debian: debian.get(what), nixos: nixos.get(what) }));
  const covers = (entry: Meant, { what }: Difference) => what === entry.what || what.startsWith(`${entry.what} / `);
  const isMeant = (difference: Difference) => listed.some((entry) => covers(entry, difference));
  return {
    compared: places.length,
    meant: differences.filter(isMeant),
    unexpected: differences.filter((difference) => !isMeant(difference)),
    gone: listed.filter((entry) => !differences.some((difference) => covers(entry, difference))),
  };
}

/** Returns the comparison as text. */
export function report({ compared, meant, unexpected, gone }: Comparison): string {
  return [
    `${compared} things compared, ${meant.length} differ as meant, ${unexpected.length} differ otherwise`,
    ...unexpected.map(({ what, debian = "nothing", nixos = "nothing" }) => `${what}: Debian ${debian}, NixOS ${nixos}`),
    ...gone.map(({ what }) => `${what}: listed in test/image/differences.toml, but there is no such difference`),
  ].join("\n");
}
