import { describe, expect, it } from "vitest";
import { parseIdentity } from "../../lifecycle/identity.ts";

const printed = (identity: object) =>
  JSON.stringify({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA", ...identity });

describe("the identity of a machine", () => {
  it("has its address and its host key", () => {
    expect(parseIdentity(printed({ more: 1 }))).toEqual({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA" });
  });

  it.each([
    ["no host key", printed({ hostKey: undefined }), "ed25519 host key"],
    ["an empty host key", printed({ hostKey: "" }), "ed25519 host key"],
    ["another kind of key", printed({ hostKey: "ssh-rsa AAAA" }), "ed25519 host key"],
    ["two lines of keys", printed({ hostKey: "ssh-ed25519 AAAA\nevil ssh-ed25519 BBBB" }), "ed25519 host key"],
    ["no address", printed({ address: undefined }), "IPv4 address"],
    ["an option in place of an address", printed({ address: "-oProxyCommand=x" }), "IPv4 address"],
    ["nothing", "", "IPv4 address"],
    ["null", "null", "IPv4 address"],
    ["a part of it", printed({}).slice(0, 20), "IPv4 address"],
  ])("is refused with %s", (_, text, what) => {
    expect(() => parseIdentity(text)).toThrow(`printed ${text}, expected JSON with the ${what} of a machine`);
  });
});
