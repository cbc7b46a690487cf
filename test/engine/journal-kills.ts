import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { pathsOf } from "../../cli/state-service/places.ts";
import { recoveryOf } from "./recovering.ts";
import type { State, TestStack } from "./stack.ts";

/** Part of a journal's line that the cases read. */
interface Line {
  readonly kind?: number;
  readonly operationID?: number;
  readonly operation?: { readonly resource: { readonly urn: string } };
  readonly state?: { readonly urn: string };
}

/**
 * Kills the service, the CLI and the program at a number of random lines of the journal of a first `up`, one run after the other.
 * After each kill no recorded resource is lost, and exactly the operations under way are pending. The next `up` completes the
 * cluster. Every second kill also leaves a part of a line at the end of the journal, as a loss of power can.
 * @param seed Number that decides the lines.
 */
export async function killAtLines(stack: TestStack, count: number, seed: number): Promise<void> {
  const restore = await stack.remember();
  const all = await linesOfUp(stack, Infinity);
  const complete = namesIn(await stack.export());
  const random = randomNumbers(seed);
  for (let run = 0; run < count; run++) {
    await restore();
    // The last lines may be written into the checkpoint before the kill.
    const line = 2 + Math.floor(random() * (all.length - 10));
    const lines = await linesOfUp(stack, line);
    const why = `seed ${seed}, run ${run}, killed at line ${lines.length}`;
    expect(lines.length, why).toBeGreaterThanOrEqual(line);
    if (run % 2 === 1) appendFileSync(journalOf(stack), '{"version":1,"kind":1,"seq');
    const state = await stack.export();
    const { deployment } = state;
    const pending = (deployment.pending_operations ?? []).map(({ resource }) => resource.urn);
    expect(pending.sort(), why).toEqual(underWay(lines));
    expect(namesIn(state), why).toEqual(expect.arrayContaining([...recorded(lines)]));
    await recoveryOf(stack);
    const { succeeded, text } = await stack.up();
    expect(succeeded, `${why}\n${text}`).toBe(true);
    expect(namesIn(await stack.export()), why).toEqual(complete);
    expect(await stack.drift(), why).toEqual([]);
  }
}

/** Path of the journal of a stack. */
function journalOf({ folder }: TestStack): string {
  return pathsOf({ folder: join(folder, "state"), project: "nodeforge", stack: "lab" }).journal;
}

/** Runs `up`, kills it as soon as its journal has this many lines, and returns the lines of the journal. */
async function linesOfUp(stack: TestStack, kill: number): Promise<readonly Line[]> {
  const journal = journalOf(stack);
  let lines: readonly Line[] = [];
  const look = () => {
    const text = existsSync(journal) ? readFileSync(journal, "utf8") : "";
    const complete = text.slice(0, text.lastIndexOf("\n")).split("\n").filter(Boolean);
    if (complete.length > lines.length) lines = complete.map((line) => JSON.parse(line) as Line);
  };
  const timer = setInterval(() => {
    look();
    if (lines.length >= kill) stack.cli.kill();
  }, 2);
  const { succeeded, text } = await stack.up({ workers: 1 }).finally(() => clearInterval(timer));
  expect(succeeded, text).toBe(kill === Infinity);
  // Entries that arrived between the last look and the kill.
  look();
  return lines;
}

/** URNs of the operations that began and did not end. */
function underWay(lines: readonly Line[]): readonly string[] {
  const begun = new Map<number, string>();
  for (const { kind, operationID = 0, operation } of lines) {
    if (kind === 0 && operation) begun.set(operationID, operation.resource.urn);
    if (kind === 1 || kind === 2) begun.delete(operationID);
  }
  return [...begun.values()].sort();
}

/** URNs of the resources that a first `up` has created. */
function recorded(lines: readonly Line[]): readonly string[] {
  return lines.filter(({ kind }) => kind === 1).flatMap(({ state }) => state?.urn ?? []);
}

/** URNs of a state, without the digests in them. */
function namesIn({ deployment }: State): readonly string[] {
  return (deployment.resources ?? []).map(({ urn }) => urn).sort();
}

/** Returns a source of numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
