import { describe, expect, it } from "vitest";
import { parseIdentity } from "../../lifecycle/identity.ts";

const told = (identity: object) =>
  JSON.stringify({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA", ...identity });

describe("the identity of a machine", () => {
  it("is its address and its host key", () => {
    expect(parseIdentity(told({ more: 1 }))).toEqual({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA" });
  });

  it.each([
    ["no host key", told({ hostKey: undefined }), "ed25519 host key"],
    ["an empty host key", told({ hostKey: "" }), "ed25519 host key"],
    ["another kind of key", told({ hostKey: "ssh-rsa AAAA" }), "ed25519 host key"],
    ["two lines of keys", told({ hostKey: "ssh-ed25519 AAAA\nevil ssh-ed25519 BBBB" }), "ed25519 host key"],
    ["no address", told({ address: undefined }), "IPv4 address"],
    ["an option in place of an address", told({ address: "-oProxyCommand=x" }), "IPv4 address"],
    ["nothing", "", "IPv4 address"],
    ["null", "null", "IPv4 address"],
    ["half of it", told({}).slice(0, 20), "IPv4 address"],
  ])("is refused with %s: no server is trusted then", (_, text, what) => {
    expect(() => parseIdentity(text)).toThrow(`printed ${text}, expected JSON with the ${what} of a machine`);
  });
});
