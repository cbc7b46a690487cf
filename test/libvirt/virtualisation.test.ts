import { expect, test } from "vitest";
import { resolveDomainType } from "../../libvirt/virtualisation.ts";

test.each([
  ["kvm", "qemu:///system", "kvm"],
  ["qemu", "qemu+ssh://host/system", "qemu"],
  ["auto", "qemu:///system", "qemu"],
  ["auto", "qemu+unix:///system", "qemu"],
  ["auto", "qemu+ssh://host/system", "kvm"],
])("domainType %s on %s is %s, from a machine without KVM", (given, uri, expected) => {
  expect(resolveDomainType(given, uri, "qemu")).toBe(expected);
});
