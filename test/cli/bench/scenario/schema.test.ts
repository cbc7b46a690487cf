import { expect, it } from "vitest";
import { scenarioSchema } from "../../../../cli/bench/scenario/schema.ts";
import file from "../../../../docs/scenario.schema.json" with { type: "json" };

it("docs/scenario.schema.json is the schema of the code", () => {
  // JSON has no `undefined`, and the code's value is deeply read-only.
  expect(file).toEqual(JSON.parse(JSON.stringify(scenarioSchema)));
});
