import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { chooseImage } from "../../image/location.ts";
import { rememberSystem } from "../../image/remembered.ts";
import { test } from "../support/folder.ts";

describe("the image of a stack", () => {
  let root: string;
  test.beforeEach(({ folder }) => {
    root = folder;
  });
  const choice = () => join(root, "state", "choice");

  async function image(name: string, used: number, file = "node.qcow2"): Promise<string> {
    await mkdir(join(root, name));
    await writeFile(join(root, name, file), "");
    await utimes(join(root, name), used, used);
    return join(root, name, file);
  }

  test("is the stack's own, else that of NODEFORGE_IMAGE, else one of the cache", async () => {
    const cached = await image("node-image-00aa", 1);
    const environment = { NODEFORGE_CACHE: root, NODEFORGE_IMAGE: "/my.qcow2" };
    expect(chooseImage("/a.qcow2", environment)).toEqual({ origin: "stack", source: "/a.qcow2" });
    expect(chooseImage("", environment)).toEqual({ origin: "environment", source: "/my.qcow2" });
    const bare = { NODEFORGE_CACHE: root, NODEFORGE_IMAGE: "" };
    expect(chooseImage("", bare, choice())).toEqual({ origin: "cache", source: cached });
  });

  test("from the cache is the one that was used last", async () => {
    await image("node-image-00aa", 10);
    const last = await image("node-image-00bb", 30);
    await image("node-image-00cc", 20);
    expect(chooseImage("", { NODEFORGE_CACHE: root }, choice()).source).toBe(last);
  });

  test("from the cache has the system that the checkout keeps to", async () => {
    const debian = await image("node-image-00aa", 10);
    const nixos = await image("node-image-nixos-00bb", 20);
    const found = () => chooseImage("", { NODEFORGE_CACHE: root }, choice()).source;
    expect(found()).toBe(nixos);
    await rememberSystem("debian", choice());
    expect(found()).toBe(debian);
    await rememberSystem("nixos", choice());
    expect(found()).toBe(nixos);
    await writeFile(choice(), "something else\n");
    expect(found()).toBe(nixos);
  });

  test("from the cache is never a partial build, a marked image or another file", async () => {
    await image("node-image-00aa.partial", 1);
    await image("node-image-marked-00aa", 1);
    await image("node-image-00bb", 1, "manifest.json");
    expect(chooseImage("", { NODEFORGE_CACHE: root }, choice()).source).toBeUndefined();
  });

  test("is undefined if the cache is missing", () => {
    expect(chooseImage("", { NODEFORGE_CACHE: join(root, "absent") }).source).toBeUndefined();
  });
});
