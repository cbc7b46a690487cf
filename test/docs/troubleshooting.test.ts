import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { troubleshootingPage } from "../../docs/troubleshooting.ts";

it("the page about failures is what the known causes are (`npm run docs` writes it anew)", () => {
  expect(readFileSync("docs/troubleshooting.md", "utf8")).toBe(troubleshootingPage());
});
