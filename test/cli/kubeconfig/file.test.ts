import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { changeKubeconfig, readKubeconfig, userFiles } from "../../../cli/kubeconfig/file.ts";
import { stateFolder } from "../../../lib/checkout.ts";
import { test } from "../../support/folder.ts";

describe("the user's kubeconfigs", () => {
  test.each([
    ["none", undefined, ["/home/me/.kube/config"], ["/home/me/.kube/config"]],
    ["an empty value", "::", ["/home/me/.kube/config"], ["/home/me/.kube/config"]],
    ["several", "/a:/b::/a", ["/a", "/b"], ["/a", "/b", "/home/me/.kube/config"]],
    ["the usual one", "/home/me/.kube/config", ["/home/me/.kube/config"], ["/home/me/.kube/config"]],
    ["one of the checkout", join(stateFolder, "kubeconfig-dev"), ["/home/me/.kube/config"], ["/home/me/.kube/config"]],
  ])("with %s in KUBECONFIG", (_, value, used, all) => {
    expect(userFiles({ KUBECONFIG: value }, "/home/me")).toEqual({ used, all });
  });
});

describe("a change of a kubeconfig", () => {
  test("creates the file and its folder for the owner only, without a backup", async ({ folder }) => {
    const path = join(folder, "home", ".kube", "config");
    expect(await changeKubeconfig(path, () => "a: 1\n")).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("a: 1\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "home", ".kube"))).toEqual(["config"]);
  });

  test("keeps the content before each change, and changes nothing for the same text", async ({ folder }) => {
    const path = join(folder, "config");
    writeFileSync(path, "a: 1\n", { mode: 0o644 });
    expect(await changeKubeconfig(path, (text) => text)).toBe(false);
    expect([readdirSync(folder), statSync(path).mode & 0o777]).toEqual([["config"], 0o644]);
    for (const line of ["b: 2\n", "c: 3\n"]) expect(await changeKubeconfig(path, (text) => text + line)).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("a: 1\nb: 2\nc: 3\n");
    expect(readFileSync(`${path}.nodeforge-backup`, "utf8")).toBe("a: 1\nb: 2\n");
    for (const file of [path, `${path}.nodeforge-backup`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(["config", "config.nodeforge-backup"]);
  });

  test("follows a symbolic link, which stays", async ({ folder }) => {
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(folder, "elsewhere", "real"), "a: 1\n");
    symlinkSync("elsewhere/real", join(folder, "config"));
    await changeKubeconfig(join(folder, "config"), () => "a: 2\n");
    expect(lstatSync(join(folder, "config")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "elsewhere", "real"), "utf8")).toBe("a: 2\n");
    expect(readdirSync(join(folder, "elsewhere")).sort()).toEqual(["real", "real.nodeforge-backup"]);
  });

  test("waits for kubectl, and holds the lock that kubectl takes", async ({ folder }) => {
    const path = join(folder, "config");
    writeFileSync(`${path}.lock`, "");
    let isHeld = false;
    const change = changeKubeconfig(path, () => {
      isHeld = existsSync(`${path}.lock`);
      return "a: 1\n";
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(existsSync(path)).toBe(false);
    spawnSync("rm", [`${path}.lock`]);
    expect(await change).toBe(true);
    expect([isHeld, readdirSync(folder)]).toEqual([true, ["config"]]);
  });

  test("loses nothing of many at the same time", async ({ folder }) => {
    const path = join(folder, "config");
    const names = Array.from({ length: 8 }, (_, index) => `k${index}: 1\n`);
    await Promise.all(names.map((line) => changeKubeconfig(path, (text) => text + line)));
    expect(
      readFileSync(path, "utf8")
        .match(/k\d: 1\n/g)
        ?.sort(),
    ).toEqual(names);
  });

  test("that fails names the file, changes nothing and releases every lock", async ({ folder }) => {
    const path = join(folder, "config");
    writeFileSync(path, "a: 1\n");
    const change = changeKubeconfig(path, () => {
      throw new Error("reason");
    });
    await expect(change).rejects.toThrow(`${path}: reason`);
    expect([readdirSync(folder), readFileSync(path, "utf8")]).toEqual([["config"], "a: 1\n"]);
  });

  test.skipIf(process.getuid?.() === 0)("in a folder without permission names the file", async ({ folder }) => {
    chmodSync(folder, 0o500);
    const path = join(folder, "config");
    await expect(changeKubeconfig(path, () => "a: 1\n")).rejects.toThrow(`${path}: it is not writable`);
    chmodSync(folder, 0o700);
  });
});

test("a kubeconfig that is missing has no entries, and an invalid one is an error with its path", async ({
  folder,
}) => {
  expect(await readKubeconfig(join(folder, "missing"))).toEqual({});
  writeFileSync(join(folder, "config"), "a: [");
  await expect(readKubeconfig(join(folder, "config"))).rejects.toThrow(/config: it is not valid YAML \(line 1: /);
});
