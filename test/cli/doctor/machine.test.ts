import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheRoot } from "../../../lib/cache-root.ts";
import { defaultImage } from "../../../image/location.ts";
import { rememberSystem } from "../../../image/system.ts";
import { fitsKubernetes } from "../../../tools/kubectl.ts";
import { duration } from "../../../lib/log.ts";
import { which } from "../../../lib/process.ts";
import { inspectVirtualisation } from "../../../libvirt/virtualisation.ts";

describe("virtualisation", () => {
  const flags = (names: string) => `processor\t: 0\nflags\t\t: fpu ${names} sse2\n`;
  const x86 = { architecture: "x64", kvmProblem: undefined };

  test.each(["vmx", "svm"])("is kvm with %s and the device", (flag) => {
    expect(inspectVirtualisation({ ...x86, cpuinfo: flags(flag) }).type).toBe("kvm");
  });

  test("is qemu with the device alone, under which guests hang", () => {
    expect(inspectVirtualisation({ ...x86, cpuinfo: flags("avx2") })).toEqual({
      type: "qemu",
      reason: "the processor offers neither vmx nor svm",
    });
  });

  test("does not take part of a flag's name for the flag", () => {
    expect(inspectVirtualisation({ ...x86, cpuinfo: flags("tsc_vmxless svm_lock") }).type).toBe("qemu");
  });

  test("is qemu without the device, with the reason", () => {
    const processor = { ...x86, cpuinfo: flags("vmx"), kvmProblem: "/dev/kvm cannot be used (ENOENT)" };
    expect(inspectVirtualisation(processor)).toEqual({ type: "qemu", reason: "/dev/kvm cannot be used (ENOENT)" });
  });

  test("goes by the device on other processors", () => {
    expect(inspectVirtualisation({ architecture: "arm64", cpuinfo: "", kvmProblem: undefined }).type).toBe("kvm");
  });
});

describe("the cache", () => {
  test.each([
    [{ NODEFORGE_CACHE: "/a", XDG_CACHE_HOME: "/b" }, "/a"],
    [{ XDG_CACHE_HOME: "/b" }, "/b/nodeforge"],
    [{}, join(homedir(), ".cache", "nodeforge")],
  ])("is, with %o, %s", (environment, expected) => {
    expect(cacheRoot(environment)).toBe(expected);
  });
});

describe("the default image", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "nodeforge-images-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const choice = () => join(root, "state", "choice");

  async function image(name: string, used: number, file = "node.qcow2"): Promise<string> {
    await mkdir(join(root, name));
    await writeFile(join(root, name, file), "");
    await utimes(join(root, name), used, used);
    return join(root, name, file);
  }

  test("is what NODEFORGE_IMAGE names", async () => {
    await image("node-image-00aa", 1);
    expect(defaultImage({ NODEFORGE_CACHE: root, NODEFORGE_IMAGE: "/my.qcow2" })).toBe("/my.qcow2");
  });

  test("is the one used last", async () => {
    await image("node-image-00aa", 10);
    const last = await image("node-image-00bb", 30);
    await image("node-image-00cc", 20);
    expect(defaultImage({ NODEFORGE_CACHE: root }, choice())).toBe(last);
  });

  test("is of the system that the checkout stays with", async () => {
    const debian = await image("node-image-00aa", 10);
    const nixos = await image("node-image-nixos-00bb", 20);
    const found = () => defaultImage({ NODEFORGE_CACHE: root }, choice());
    expect(found()).toBe(nixos);
    await rememberSystem("debian", choice());
    expect(found()).toBe(debian);
    await rememberSystem("nixos", choice());
    expect(found()).toBe(nixos);
    await writeFile(choice(), "something else\n");
    expect(found()).toBe(nixos);
  });

  test("is never unfinished, marked, or something else", async () => {
    await image("node-image-00aa.partial", 1);
    await image("node-image-marked-00aa", 1);
    await image("node-image-00bb", 1, "manifest.json");
    expect(defaultImage({ NODEFORGE_CACHE: root }, choice())).toBeUndefined();
  });

  test("is undefined without a cache", () => {
    expect(defaultImage({ NODEFORGE_CACHE: join(root, "absent") })).toBeUndefined();
  });
});

test.each([
  ["v1.36.0", true],
  ["v1.35.9", true],
  ["v1.37.1", true],
  ["v1.34.0", false],
  ["v1.38.0", false],
  ["", false],
])("kubectl %s fits Kubernetes 1.36.3: %s", (found, expected) => {
  expect(fitsKubernetes(found, "1.36.3")).toBe(expected);
});

test.each([
  [900, "1s"],
  [59_000, "59s"],
  [192_000, "3m12s"],
  [3_720_000, "1h02m"],
])("%i ms are %s", (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});

test("a program is found on a path, and only where it is", () => {
  expect(which("sh", "/absent:/usr/bin:/bin")).toMatch(/\/sh$/);
  expect(which("sh", "/absent")).toBeUndefined();
  expect(which("no-such-program")).toBeUndefined();
});
