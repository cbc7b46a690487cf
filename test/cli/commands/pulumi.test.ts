import { expect, test } from "vitest";
import { changesResources } from "../../../cli/commands/pulumi.ts";

test.each([
  [["up"]],
  [["update", "--yes"]],
  [["--non-interactive", "destroy"]],
  [["dn"]],
  [["refresh", "--yes", "--target", "a"]],
  [["import", "--file", "resources.json"]],
])("pulumi %j changes resources", (args) => {
  expect(changesResources(args)).toBe(true);
});

test.each([
  [[]],
  [["cancel"]],
  [["preview"]],
  [["config", "set", "up", "1"]],
  [["stack", "export"]],
  [["up", "--help"]],
  [["destroy", "-h"]],
  [["refresh", "--preview-only"]],
])("pulumi %j changes none", (args) => {
  expect(changesResources(args)).toBe(false);
});
