import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as plainTest } from "vitest";

/**
 * Vitest's `test` with the fixture `folder`: path of a new, empty folder, which is deleted after the test. A test or a hook of
 * this `test` gets one as soon as it names it: `test("…", ({ folder }) => …)`, `test.beforeEach(({ folder }) => …)`. A table of
 * cases needs `test.for`, whose second argument it is: `test.for([…])("…", (case, { folder }) => …)`.
 */
// eslint-disable-next-line no-empty-pattern -- Vitest reads the names of the fixtures that this one needs from the pattern.
export const test = plainTest.extend("folder", async ({}, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-test-"));
  onCleanup(() => rm(folder, { recursive: true, force: true }));
  return folder;
});
