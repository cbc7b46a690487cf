import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheRoot } from "../../../lib/cache-root.ts";
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
