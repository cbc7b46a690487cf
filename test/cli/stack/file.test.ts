import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderToMakeStackIn, sparingStackFile } from "../../../cli/stack/file.ts";

const text = "# As the user wrote it.\nconfig:\n  nodeforge:workers: 2\n";
let folder: string;
let places: { checkout: string; state: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeforge-stack-file-"));
  places = { checkout: folder, state: join(folder, "state") };
  writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
  writeFileSync(join(folder, "Pulumi.yaml"), "name: nodeforge\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const copy = () => join(places.state, "settings", "Pulumi.dev.yaml");
const dev = { stack: "team/nodeforge/dev" };

test.each(["up", "preview", "refresh", "destroy"])("%s gets a copy that is the user's text", async (command) => {
  expect(await sparingStackFile(dev, [command, "--yes"], places)).toEqual([command, "--yes", "--config-file", copy()]);
  expect(readFileSync(copy(), "utf8")).toBe(text);
  expect(statSync(copy()).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(places.state, "settings"))).toEqual(["Pulumi.dev.yaml"]);
});

test("each call gets the file as it is then, and a stack without a file an empty one", async () => {
  await sparingStackFile(dev, ["up"], places);
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "config: { nodeforge:workers: 3 }\n");
  await sparingStackFile(dev, ["up"], places);
  expect(readFileSync(copy(), "utf8")).toContain("3");
  const [, , other = ""] = await sparingStackFile({ stack: "other" }, ["up"], places);
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
])("%j stays as it is: it leaves the file alone, or the user has it written", async (args) => {
  expect(await sparingStackFile(dev, args, places)).toEqual(args);
});

test.each([
  "encryptionsalt: v1:salt\n",
  "secretsprovider: awskms://alias/key\n",
  "config:\n  other:word: { secure: v1:text }\n",
])("a file with %j is Pulumi's to read and write", async (own) => {
  writeFileSync(join(folder, "Pulumi.dev.yaml"), own);
  expect(await sparingStackFile(dev, ["up"], places)).toEqual(["up"]);
});

test("a file that the user names is used itself", async () => {
  expect(await sparingStackFile({ ...dev, configFile: "/mine.yaml" }, ["up"], places)).toEqual(["up"]);
});

test("a stack is made in a project of the same name, with the user's salt where there is one", async () => {
  expect(await folderToMakeStackIn(dev, places)).toBe(join(places.state, "settings"));
  expect(readdirSync(join(places.state, "settings")).sort()).toEqual(["Pulumi.dev.yaml", "Pulumi.yaml"]);
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "encryptionsalt: v1:salt\n");
  await folderToMakeStackIn(dev, places);
  expect(readFileSync(copy(), "utf8")).toContain("v1:salt");
  writeFileSync(join(folder, "Pulumi.dev.yaml"), "secretsprovider: awskms://alias/key\n");
  expect(await folderToMakeStackIn(dev, places)).toBe(undefined);
});
