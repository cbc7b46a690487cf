import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configurationPage } from "../../docs/configuration.ts";

it("the configuration reference matches Pulumi.yaml (`npm run docs` writes it)", () => {
  expect(readFileSync("docs/configuration.md", "utf8")).toBe(configurationPage());
});
