import { describe, expect, test } from "vitest";
import { inspectVirtualisation, resolveDomainType } from "../../libvirt/virtualisation.ts";

test.each([
  ["kvm", "qemu:///system", "kvm"],
  ["qemu", "qemu+ssh://host/system", "qemu"],
  ["auto", "qemu:///system", "qemu"],
  ["auto", "qemu+unix:///system", "qemu"],
  ["auto", "qemu+ssh://host/system", "kvm"],
])("domainType %s on %s is %s, from a machine without KVM", (given, uri, expected) => {
  expect(resolveDomainType(given, uri, "qemu")).toBe(expected);
});

describe("virtualisation of a machine", () => {
  const flags = (names: string) => `processor\t: 0\nflags\t\t: fpu ${names} sse2\n`;
  const x86 = { architecture: "x64", kvmProblem: undefined };

  test.each(["vmx", "svm"])("is kvm with %s and the device", (flag) => {
    expect(inspectVirtualisation({ ...x86, cpuinfo: flags(flag) }).type).toBe("kvm");
  });

  test("is qemu with the device alone, because guests then hang", () => {
    expect(inspectVirtualisation({ ...x86, cpuinfo: flags("avx2") })).toEqual({
      type: "qemu",
      reason: "the processor offers neither vmx nor svm",
    });
  });

  test("is qemu where only part of a flag's name is vmx or svm", () => {
    expect(inspectVirtualisation({ ...x86, cpuinfo: flags("tsc_vmxless svm_lock") })).toEqual({
      type: "qemu",
      reason: "the processor offers neither vmx nor svm",
    });
  });

  test("is qemu without the device, with the reason", () => {
    const processor = { ...x86, cpuinfo: flags("vmx"), kvmProblem: "/dev/kvm cannot be used (ENOENT)" };
    expect(inspectVirtualisation(processor)).toEqual({ type: "qemu", reason: "/dev/kvm cannot be used (ENOENT)" });
  });

  test("is kvm with the device on other processors", () => {
    expect(inspectVirtualisation({ architecture: "arm64", cpuinfo: "", kvmProblem: undefined }).type).toBe("kvm");
  });
});
