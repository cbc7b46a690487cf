import { expect, test } from "vitest";
import { withoutAgent } from "../../cli/session.ts";

test.each([
  ["false", "qemu:///system", ""],
  ["", "qemu+tls://host/system", ""],
  ["true", "qemu:///system", undefined],
  ["false", "qemu+ssh://host/system", undefined],
])("sshAgent %s on %s: Pulumi sees as agent %s", (sshAgent, libvirtUri, seen) => {
  const get = (key: string) => ({ sshAgent, libvirtUri })[key] ?? "";
  expect(withoutAgent({ get }).SSH_AUTH_SOCK).toBe(seen);
});
