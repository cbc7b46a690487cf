import { expect, test } from "vitest";
import { description } from "../../../cli/runs/listing.ts";
import { exampleRecord } from "./example-record.ts";

test("a run is described with its nodes, phases and files", () => {
  const text = description({ name: "2026-11-21-dev", folder: "/runs/2026-11-21-dev", record: exampleRecord() });
  expect(text).toContain("command    npm run up -- --yes\n");
  expect(text).toContain("outcome    succeeded (exit code 0)\n");
  expect(text).toContain("changes    20 created, 0 updated, 0 deleted, 0 replaced, 0 same");
  expect(text).toMatch(/^worker-node-1 +worker +192\.168\.222\.230$/m);
  expect(text).toMatch(/^worker-node-1 +join +12$/m);
  expect(text).toContain("/runs/2026-11-21-dev/report.html");
});
