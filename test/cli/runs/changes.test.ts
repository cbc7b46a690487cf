import { describe, expect, test } from "vitest";
import { addChanges, readChanges } from "../../../cli/runs/changes.ts";

describe("the changes of a run", () => {
  const summary = "\nResources:\n    + 2 created\n    +-1 replaced\n    3 changes. 12 unchanged\n\nDuration: 9s\n";
  const none = { created: 0, updated: 0, deleted: 0, replaced: 0, same: 0 };

  test.each([
    ["an update", `Updating (lab):\n${summary}`, { ...none, created: 2, replaced: 1, same: 12 }],
    ["an update after its preview", `Resources:\n    + 9 to create\n\nUpdating (lab):\n${summary}`, { created: 2 }],
    ["an update that changed nothing", "Updating (lab):\n\nResources:\n    5 unchanged\n", { ...none, same: 5 }],
    [
      "an update that failed",
      "Updating (lab):\n\nResources:\n    - 1 deleted\n    1 errored\n",
      { ...none, deleted: 1 },
    ],
    [
      "an update whose program prints counts",
      `Updating (lab):\n 7 created\n${summary}9 deleted\n`,
      { created: 2, deleted: 0 },
    ],
  ])("are read from the summary of %s", (_, log, changes) => {
    expect(readChanges(log)).toMatchObject(changes);
  });

  test.each([
    ["a preview", "Previewing update (lab):\n\nResources:\n    + 2 to create\n    5 unchanged\n"],
    ["an update that was interrupted", "Updating (lab):\n + creating\n"],
    ["no output", ""],
  ])("are unknown after %s", (_, log) => {
    expect(readChanges(log)).toBe(undefined);
  });

  test("are added up over several updates", () => {
    const changes = { created: 1, updated: 2, deleted: 3, replaced: 4, same: 5 };
    expect(addChanges(undefined, changes)).toEqual(changes);
    expect(addChanges(changes, { ...changes, same: 9 })).toEqual({
      created: 2,
      updated: 4,
      deleted: 6,
      replaced: 8,
      same: 9,
    });
  });
});
