import { describe, expect, test } from "vitest";
import { chooseSystem, inWords, type Circumstances } from "../../image/system.ts";

const hardware: Circumstances = {
  remembered: () => undefined,
  virtualisation: () => ({ type: "kvm", reason: "there" }),
  nix: () => Promise.resolve({ able: true, reason: "nix 2.31 can build it" }),
};
const neverAsked = () => {
  throw new Error("this question is not expected");
};

describe("the system of the node image is", () => {
  test("NixOS if Nix can build it and KVM runs the guests", async () => {
    expect(inWords(await chooseSystem(hardware))).toBe("node image: NixOS, because nix 2.31 can build it");
  });

  test("Debian if Nix cannot build it", async () => {
    const nix = () => Promise.resolve({ able: false, reason: "nix is not installed" });
    expect(inWords(await chooseSystem({ ...hardware, nix }))).toBe("node image: Debian, because nix is not installed");
  });

  test("Debian if guests are emulated, even if Nix can build it", async () => {
    const virtualisation = () => ({ type: "qemu", reason: "no vmx" }) as const;
    const choice = await chooseSystem({ ...hardware, virtualisation, nix: neverAsked });
    expect(inWords(choice)).toBe("node image: Debian, because guests are emulated: no vmx");
  });

  test.each([
    ["nixos", "--debian"],
    ["debian", "--nix"],
  ] as const)("%s if it was the system before; %s changes it", async (system, flag) => {
    const choice = await chooseSystem({
      remembered: () => system,
      virtualisation: neverAsked,
      nix: neverAsked,
    });
    expect(choice).toEqual({ system, reason: `as before (\`npm run image -- ${flag}\` changes the system)` });
  });
});
