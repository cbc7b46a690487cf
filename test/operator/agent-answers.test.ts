import { describe, expect, it } from "vitest";
import { addressesOf, hostKeyOf, processOf, returnOf, statusOf } from "../../operator/agent-answers.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("an answer of a guest agent", () => {
  it("has its value as return, and is refused without one", () => {
    expect(returnOf('{"return":7}')).toBe(7);
    for (const text of ["", "null", "[]", "{}", '{"error":{}}']) {
      expect(() => returnOf(text)).toThrow(
        `the guest agent answered ${JSON.stringify(text)}, expected JSON with "return"`,
      );
    }
  });

  it("has a host key of ed25519 only", () => {
    expect(hostKeyOf({ "buf-b64": base64("ssh-ed25519 AAAA root@x\n") }, "/key")).toBe("ssh-ed25519 AAAA");
    for (const answer of [null, {}, { "buf-b64": 1 }, { "buf-b64": base64("ssh-rsa AAAA") }]) {
      expect(() => hostKeyOf(answer, "/key")).toThrow("/key has no ed25519 key yet");
    }
  });

  it("has the addresses of one interface, and none in another shape", () => {
    const addresses = [{ "ip-address": "192.0.2.1" }, { "ip-address": 1 }, null];
    const interfaces = [
      { name: "lo" },
      null,
      { name: "a", "hardware-address": "52:54:00:AA:00:01", "ip-addresses": addresses },
    ];
    expect(addressesOf(interfaces, "")).toEqual(["192.0.2.1"]);
    expect(addressesOf(interfaces, "52:54:00:aa:00:01")).toEqual(["192.0.2.1"]);
    expect(addressesOf(interfaces, "52:54:00:aa:00:02")).toEqual([]);
    for (const answer of [undefined, null, {}, [1], [{ "hardware-address": 1 }]])
      expect(addressesOf(answer, "")).toEqual([]);
  });

  it("has the process of a program and its end, and is refused without a number", () => {
    expect(processOf({ pid: 7 })).toBe(7);
    expect(() => processOf({ pid: "7" })).toThrow("the guest agent started no program");
    expect(statusOf({ exited: true, exitcode: 1, "err-data": base64("why\n") })).toEqual({
      hasExited: true,
      exitCode: 1,
      stderr: "why",
    });
    expect(statusOf(null)).toEqual({ hasExited: false, exitCode: undefined, stderr: "" });
  });
});
