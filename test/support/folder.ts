import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished, test as plainTest } from "vitest";

/**
 * Vitest's `test` with the fixture `folder`: path of a new, empty folder, which is deleted after the test. A test or a hook
 * names it: `test("…", ({ folder }) => …)`, `test.beforeEach(({ folder }) => …)`. In a table of cases, `test.for` passes it as
 * the second argument: `test.for([…])("…", (case, { folder }) => …)`.
 */
// eslint-disable-next-line no-empty-pattern -- Vitest reads the names of the needed fixtures from the pattern.
export const test = plainTest.extend("folder", async ({}, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-test-"));
  onCleanup(() => rm(folder, { recursive: true, force: true }));
  return folder;
});

/** Returns a new, empty folder, which is deleted after the running test. For helpers, which have no fixture. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns a new, empty folder, which is deleted after all tests of the file or of the `describe` that calls this. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
