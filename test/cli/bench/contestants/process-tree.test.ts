import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { usageOfSession } from "../../../../cli/bench/contestants/process-tree.ts";
import { test } from "../../../support/folder.ts";

/** Writes a process: 14 to 17 are ticks of itself and of descendants that it waited for. */
function process(proc: string, id: number, session: number, ticks: readonly number[], kibibytes: number, state = "S") {
  mkdirSync(join(proc, String(id)));
  const fields = [state, 1, id, session, 0, 0, 0, 0, 0, 0, 0, ...ticks, 20, 0];
  writeFileSync(join(proc, String(id), "stat"), `${id} (a (b) c) ${fields.join(" ")}\n`);
  writeFileSync(join(proc, String(id), "status"), `Name:\ta\nVmHWM:\t    ${kibibytes} kB\n`);
}

describe("the use of a session", () => {
  test("is the sum of its processes, with descendants that have ended", async ({ folder }) => {
    process(folder, 7, 7, [100, 50, 30, 20], 1000);
    process(folder, 8, 7, [25, 25, 0, 0], 500);
    process(folder, 9, 7, [900, 0, 0, 0], 500, "Z");
    process(folder, 10, 10, [900, 0, 0, 0], 500);
    mkdirSync(join(folder, "self"));
    expect(await usageOfSession(7, folder)).toEqual({ cpuSeconds: 2.5, memoryPeak: 1500 * 1024 });
  });

  test("is undefined where none of its processes is left", async ({ folder }) => {
    process(folder, 7, 7, [1, 0, 0, 0], 1, "Z");
    mkdirSync(join(folder, "8"));
    expect(await usageOfSession(7, folder)).toBeUndefined();
  });
});
