import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configurationPage } from "../../docs/configuration.ts";

it("the configuration reference is what Pulumi.yaml declares (`npm run docs` writes it anew)", () => {
  expect(readFileSync("docs/configuration.md", "utf8")).toBe(configurationPage());
});
