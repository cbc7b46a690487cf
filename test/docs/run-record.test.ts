import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runRecordPage } from "../../docs/run-record.ts";

it("the page about the record matches its schema (`npm run docs` writes it)", () => {
  expect(readFileSync("docs/run-record.md", "utf8")).toBe(runRecordPage());
});
