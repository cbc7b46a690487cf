import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { troubleshootingPage } from "../../docs/troubleshooting.ts";

it("the page about failures matches the known causes (`npm run docs` writes it)", () => {
  expect(readFileSync("docs/troubleshooting.md", "utf8")).toBe(troubleshootingPage());
});
