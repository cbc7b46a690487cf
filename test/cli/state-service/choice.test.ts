import { describe, expect, test } from "vitest";
import { journalChoice, usesJournal } from "../../../cli/state-service/choice.ts";
import { emptyCheckpoint, newPlace } from "./place.ts";

describe("NODEFORGE_JOURNAL", () => {
  test.each([
    [undefined, "auto"],
    ["", "auto"],
    ["auto", "auto"],
    ["on", "on"],
    ["off", "off"],
  ])("%s means %s", (given, choice) => {
    expect(journalChoice(given === undefined ? {} : { NODEFORGE_JOURNAL: given })).toBe(choice);
  });

  test.each(["ON", "true", "1", "of"])("%s is refused", (given) => {
    expect(() => journalChoice({ NODEFORGE_JOURNAL: given })).toThrow(
      `NODEFORGE_JOURNAL has the value '${given}', expected one of auto, on, off. Fix:`,
    );
  });
});

describe("a stack", () => {
  const settings = (workers: string, ...counts: readonly number[]) => ({
    get: (key: string) => (key === "workers" ? workers : ""),
    objects: (key: string) => (key === "workerPools" ? counts.map((count) => ({ count })) : []),
  });
  const { latest } = emptyCheckpoint.checkpoint;
  const withWorkers = (count: number) => {
    const resources = Array.from({ length: count }, (_, index) => ({
      urn: `${index}`,
      type: "nodeforge:index:Worker",
    }));
    return newPlace({ ...emptyCheckpoint, checkpoint: { latest: { ...latest, resources } } });
  };

  test.each([
    ["50 desired workers", "50", [], 0, true],
    ["49 desired workers", "49", [], 0, false],
    ["50 desired workers in pools", "", [20, 30], 0, true],
    ["50 workers in the state", "1", [], 50, true],
    ["49 workers in the state", "1", [], 49, false],
  ])("of %s has a journal with auto: %#", (_, workers, counts, recorded, expected) => {
    expect(usesJournal("auto", withWorkers(recorded), settings(workers, ...counts))).toBe(expected);
  });

  test("of one worker has a journal with on, and one of a hundred has none with off", () => {
    expect(usesJournal("on", withWorkers(1), settings("1"))).toBe(true);
    expect(usesJournal("off", withWorkers(100), settings("100"))).toBe(false);
  });

  test("without a checkpoint or an encryption has none", () => {
    const bare = newPlace({ version: 3, checkpoint: { stack: "organization/nodeforge/lab" } });
    expect(usesJournal("on", bare, settings("100"))).toBe(false);
    expect(usesJournal("on", { ...bare, stack: "missing" }, settings("100"))).toBe(false);
  });
});
