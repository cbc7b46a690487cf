import { describe, expect, test } from "vitest";
import { chooseSystem, inWords, type Circumstances } from "../../image/system.ts";

const hardware: Circumstances = {
  remembered: () => undefined,
  virtualisation: () => ({ type: "kvm", reason: "there" }),
  nix: () => Promise.resolve({ able: true, reason: "nix 2.31 can build it" }),
};
const neverAsked = () => {
  throw new Error("this was not to be asked");
};

describe("the node image is", () => {
  test("NixOS where Nix can build it and guests run in hardware", async () => {
    expect(inWords(await chooseSystem(hardware))).toBe("node image: NixOS, because nix 2.31 can build it");
  });

  test("Debian where Nix cannot build it", async () => {
    const nix = () => Promise.resolve({ able: false, reason: "nix is not installed" });
    expect(inWords(await chooseSystem({ ...hardware, nix }))).toBe("node image: Debian, because nix is not installed");
  });

  test("Debian where guests are emulated, whatever Nix can", async () => {
    const virtualisation = () => ({ type: "qemu", reason: "no vmx" }) as const;
    const choice = await chooseSystem({ ...hardware, virtualisation, nix: neverAsked });
    expect(inWords(choice)).toBe("node image: Debian, because guests are emulated: no vmx");
  });

  test.each([
    ["nixos", "--debian"],
    ["debian", "--nix"],
  ] as const)("%s when it was before, and names the command that changes it", async (system, flag) => {
    const choice = await chooseSystem({
      remembered: () => system,
      virtualisation: neverAsked,
      nix: neverAsked,
    });
    expect(choice).toEqual({ system, reason: `as before (\`npm run image -- ${flag}\` changes the system)` });
  });
});
