import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import type { Picture } from "./picture.ts";

/** A thing in which the two images differ; a side that lacks it says nothing. */
export interface Difference {
  readonly what: string;
  readonly debian?: string;
  readonly nixos?: string;
}

/** A difference that is meant to be. */
export interface Meant {
  /** The thing, or the start of the names of several. */
  readonly what: string;
  readonly reason: string;
}

/** What a comparison found. */
export interface Comparison {
  /** How many things were compared. */
  readonly compared: number;
  readonly meant: readonly Difference[];
  readonly unexpected: readonly Difference[];
  /** Listed as meant, but no longer there. */
  readonly gone: readonly Meant[];
}

/** The differences that are meant to be: test/image/differences.toml. */
export function readMeant(): readonly Meant[] {
  const text = readFileSync(new URL("../../image/differences.toml", import.meta.url), "utf8");
  return (parse(text) as unknown as { readonly difference: readonly Meant[] }).difference;
}

/** Compares what the two images make of a node. */
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

/** The comparison as a person reads it. */
export function report({ compared, meant, unexpected, gone }: Comparison): string {
  return [
    `${compared} things compared, ${meant.length} differ as meant, ${unexpected.length} differ otherwise`,
    ...unexpected.map(({ what, debian = "nothing", nixos = "nothing" }) => `${what}: Debian ${debian}, NixOS ${nixos}`),
    ...gone.map(({ what }) => `${what}: listed in test/image/differences.toml, but there is no such difference`),
  ].join("\n");
}
