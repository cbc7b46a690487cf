import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { readSettings } from "../../../cli/stack/settings.ts";
import { test } from "../../support/folder.ts";

describe("the settings of a stack", () => {
  let folder: string;
  test.beforeEach(async ({ folder: fresh }) => {
    folder = fresh;
    const project =
      "name: forge\nconfig:\n  workers: { type: integer, default: 2 }\n  image: { type: string, default: '' }\n";
    await writeFile(join(folder, "Pulumi.yaml"), project);
  });

  test("are the project's defaults without a file", () => {
    const settings = readSettings({ stack: "dev" }, folder);
    expect(settings.get("workers")).toBe("2");
    expect(settings.get("unknown")).toBe("");
    expect(settings).toMatchObject({ secretsProvider: undefined, hasSalt: false });
  });

  test("come from the stack's file first, and only for this project", async () => {
    await writeFile(join(folder, "Pulumi.dev.yaml"), "config:\n  forge:workers: 7\n  other:image: /no.qcow2\n");
    const settings = readSettings({ stack: "organisation/forge/dev" }, folder);
    expect(settings.get("workers")).toBe("7");
    expect(settings.get("image")).toBe("");
  });

  test.for(["config:\n", "config: x\n", "[]\n", "x\n"])(
    "are the project's defaults with a file of %j",
    async (file) => {
      await writeFile(join(folder, "Pulumi.dev.yaml"), file);
      expect(readSettings({ stack: "dev" }, folder).all).toEqual({ workers: 2, image: "" });
    },
  );

  test("are refused with the file's name where it is no YAML", async () => {
    await writeFile(join(folder, "Pulumi.dev.yaml"), "config: [\n");
    expect(() => readSettings({ stack: "dev" }, folder)).toThrow(
      /Pulumi\.dev\.yaml: expected YAML, got: .* Fix: correct the file$/,
    );
  });

  test("are complete: with defaults, full keys of other projects, and secrets as in the file", async () => {
    const file = 'config:\n  forge:workers: 7\n  other:image: x\n  forge:password: { secure: "v1:x" }\n';
    await writeFile(join(folder, "Pulumi.dev.yaml"), file);
    expect(readSettings({ stack: "dev" }, folder).all).toEqual({
      workers: 7,
      image: "",
      "other:image": "x",
      password: { secure: "v1:x" },
    });
    expect(readSettings({ stack: "without-a-file" }, folder).all).toEqual({ workers: 2, image: "" });
  });

  test("come from another file when the user names it", async () => {
    await writeFile(join(folder, "lab.yaml"), "config:\n  forge:workers: 9\n");
    expect(readSettings({ stack: "dev", configFile: join(folder, "lab.yaml") }, folder).get("workers")).toBe("9");
  });

  test.each([
    ["YAML", "[{ name: a, count: 1 }]", [{ name: "a", count: 1 }]],
    ["JSON text", `'[{"name":"a","count":1}]'`, [{ name: "a", count: 1 }]],
    ["not a list", "{ name: a }", []],
    ["not JSON", "'[{'", []],
    ["not objects", "[1, a]", []],
  ])("have a list of objects that is %s", async (_, given, expected) => {
    await writeFile(join(folder, "Pulumi.dev.yaml"), `config:\n  forge:pools: ${given}\n`);
    const { objects } = readSettings({ stack: "dev" }, folder);
    expect(objects("pools")).toEqual(expected);
    expect(objects("workers")).toEqual([]);
  });

  test("have the encryption of secrets", async () => {
    await writeFile(join(folder, "Pulumi.a.yaml"), "secretsprovider: awskms://key\n");
    await writeFile(join(folder, "Pulumi.b.yaml"), "secretsprovider: passphrase\nencryptionsalt: v1:x\n");
    expect(readSettings({ stack: "a" }, folder)).toMatchObject({ secretsProvider: "awskms://key", hasSalt: false });
    expect(readSettings({ stack: "b" }, folder)).toMatchObject({ secretsProvider: undefined, hasSalt: true });
  });
});
