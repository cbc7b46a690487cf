import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { checkout, stateFolder } from "../../lib/checkout.ts";
import { kubeconfigPath, writeKubeconfig } from "../../cli/stack/outputs.ts";
import { passphraseFile, prepareState } from "../../cli/environment.ts";
import { ownFolder, writeOwn } from "../../lib/private-files.ts";
import { makeRunFolder, runsFolder } from "../../cli/runs/folder.ts";
import { test } from "../support/folder.ts";

let folder: string;
test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
});

const place = () => join(folder, "place");
const mode = (path: string) => statSync(path).mode & 0o7777;
const isRoot = process.getuid?.() === 0;

describe("a private folder", () => {
  test("is created for its owner only, and an open one is closed", () => {
    ownFolder(place());
    expect(mode(place())).toBe(0o700);
    chmodSync(place(), 0o755);
    ownFolder(place());
    expect(mode(place())).toBe(0o700);
  });

  test("may be a link to a folder on another disk", () => {
    mkdirSync(join(folder, "disk"), { mode: 0o755 });
    symlinkSync(join(folder, "disk"), place());
    ownFolder(place());
    expect(mode(join(folder, "disk"))).toBe(0o700);
  });

  test("stays unchanged if it is shared on purpose or belongs to another user", () => {
    mkdirSync(place());
    chmodSync(place(), 0o1777);
    ownFolder(place());
    expect(mode(place())).toBe(0o1777);
    if (!isRoot) return;
    chmodSync(place(), 0o755);
    chownSync(place(), 54_321, 54_321);
    ownFolder(place());
    expect(mode(place())).toBe(0o755);
  });

  test.each<[string, (path: string) => unknown]>([
    ["the stacks", (path) => prepareState({}, { hasSalt: false }, path)],
    ["the kubeconfig", (path) => writeKubeconfig({ stack: "lab", capture: () => Promise.resolve("text") }, path)],
    ["the runs", (path) => makeRunFolder(new Date(), "lab", path)],
  ])("is that of %s", async (_, make) => {
    const old = process.umask(0o022);
    try {
      mkdirSync(place(), { mode: 0o755 });
      await make(place());
      expect(mode(place())).toBe(0o700);
      rmSync(place(), { recursive: true });
      await make(place());
      expect(mode(place())).toBe(0o700);
    } finally {
      process.umask(old);
    }
  });
});

describe("a private file", () => {
  test("replaces an open file, and a link without its target", async () => {
    const path = join(folder, "kubeconfig");
    writeFileSync(path, "old", { mode: 0o644 });
    await writeOwn(path, "new");
    expect([readFileSync(path, "utf8"), mode(path)]).toEqual(["new", 0o600]);
    const precious = join(folder, "precious");
    writeFileSync(precious, "precious");
    rmSync(path);
    symlinkSync(precious, path);
    await writeOwn(path, "new");
    expect([readFileSync(path, "utf8"), readFileSync(precious, "utf8")]).toEqual(["new", "precious"]);
    expect(readdirSync(folder).sort()).toEqual(["kubeconfig", "precious"]);
  });
});

describe("git", () => {
  /** Whether git ignores a path of the checkout, which need not exist. */
  const ignores = (path: string) => {
    try {
      execFileSync("git", ["check-ignore", "--quiet", "--no-index", path], { cwd: checkout, stdio: "ignore" });
      return true;
    } catch (error) {
      if ((error as { status?: number }).status === 1) return false;
      throw error;
    }
  };
  const unique = ".0b5bd1a6-3c0e-4a83-8c54-6d9d7a1c2f11";

  test.each([
    passphraseFile,
    `${passphraseFile}${unique}`,
    stateFolder,
    join(stateFolder, ".pulumi", "stacks", "nodeforge", "dev.json"),
    kubeconfigPath("dev"),
    `${kubeconfigPath("dev")}${unique}`,
    join(stateFolder, ".key-x", "id_ed25519"),
    join(checkout, "kubeconfig"),
    join(runsFolder, "one", "pulumi.log"),
    join(runsFolder, "one", `record.json${unique}`),
  ])("ignores %s", (path) => {
    expect(ignores(path)).toBe(true);
  });

  test.each(["Pulumi.dev.yaml", "cli/runs/run.ts", "docs/run-record.md"])("tracks %s", (path) => {
    expect(ignores(join(checkout, path))).toBe(false);
  });
});
