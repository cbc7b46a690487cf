import { describe, expect, test } from "vitest";
import { checkUri, describe as inWords, passes } from "../../../cli/doctor/doctor.ts";
import { fail, ok, warn } from "../../../cli/doctor/finding.ts";

describe("the hypervisor's URI", () => {
  test("passes when the program accepts it", () => {
    expect(checkUri("qemu:///system")).toEqual(ok("libvirtUri", "qemu:///system"));
  });

  test("fails when it names a program, with the parameters that a URI may have", () => {
    expect(checkUri("qemu+ssh://host/system?command=/tmp/x")).toEqual(
      fail(
        "libvirtUri",
        "qemu+ssh://host/system?command=/tmp/x cannot be used",
        "set it to a URI with no parameters but keyfile, mode, socket, sshauth, not `command` with this value",
      ),
    );
  });
});

describe("findings", () => {
  test("let the command go on unless one fails", () => {
    expect(passes([ok("a", ""), warn("b", "", "do")])).toBe(true);
    expect(passes([ok("a", ""), fail("b", "", "do")])).toBe(false);
  });

  test("are printed with their fixes", () => {
    expect(inWords([ok("go", "1.26"), fail("memory", "little", "buy some")])).toBe(
      ["ok    go      1.26", "FAIL  memory  little", "              -> buy some"].join("\n"),
    );
  });
});
