import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { folderForNewStack, withStackFileCopy } from "../../../cli/stack/file.ts";
import { test } from "../../support/folder.ts";

const text = "# As the user wrote it.\nconfig:\n  nodeforge:workers: 2\n";
let folder: string;
let places: { checkout: string; state: string };
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
  places = { checkout: folder, state: join(folder, "state") };
  writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
  writeFileSync(join(folder, "Pulumi.yaml"), "name: nodeforge\n");
});

const copy = () => join(places.state, "settings", "Pulumi.dev.yaml");
const dev = { stack: "team/nodeforge/dev" };

test.each(["up", "preview", "refresh", "destroy"])("%s gets a copy of the stack's file", async (command) => {
  expect(await withStackFileCopy(dev, [command, "--yes"], places)).toEqual([command, "--yes", "--config-file", copy()]);
  expect(readFileSync(copy(), "utf8")).toBe(text);
  expect(statSync(copy()).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(places.state, "settings"))).toEqual(["Pulumi.dev.yaml"]);
});

test("each call gets a new copy, and a stack without a file gets an empty copy", async () => {
  await withStackFileCopy(dev, ["up"], places);
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "config: { nodeforge:workers: 3 }\n");
  await withStackFileCopy(dev, ["up"], places);
  expect(readFileSync(copy(), "utf8")).toContain("3");
  const [, , other = ""] = await withStackFileCopy({ stack: "other" }, ["up"], places);
  expect(readFileSync(other, "utf8")).toBe("");
  expect(readdirSync(folder).sort()).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml", "state"]);
});

test.each([
  [["config", "set", "workers", "4"]],
  [["stack", "export"]],
  [["up", "--config", "workers=4"]],
  [["up", "-yc", "workers=4"]],
  [["up", "--config-path", "-c", "a.b=4"]],
  [["preview", "--config-file=mine.yaml"]],
])("%j is unchanged, because it writes no file or names one", async (args) => {
  expect(await withStackFileCopy(dev, args, places)).toEqual(args);
});

test.each([
  "encryptionsalt: v1:salt\n",
  "secretsprovider: awskms://alias/key\n",
  "config:\n  other:word: { secure: v1:text }\n",
])("a file with %j is not copied, because Pulumi reads and writes it", async (own) => {
  writeFileSync(join(folder, "Pulumi.dev.yaml"), own);
  expect(await withStackFileCopy(dev, ["up"], places)).toEqual(["up"]);
});

test("a file that the user names is not copied", async () => {
  expect(await withStackFileCopy({ ...dev, configFile: "/mine.yaml" }, ["up"], places)).toEqual(["up"]);
});

test("a stack is created in a project of the same name, with the salt of the stack's file", async () => {
  expect(await folderForNewStack(dev, places)).toBe(join(places.state, "settings"));
  expect(readdirSync(join(places.state, "settings")).sort()).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "encryptionsalt: v1:salt\n");
  await folderForNewStack(dev, places);
  expect(readFileSync(copy(), "utf8")).toContain("v1:salt");
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "secretsprovider: awskms://alias/key\n");
  expect(await folderForNewStack(dev, places)).toBe(undefined);
});
