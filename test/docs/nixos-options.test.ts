import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nixosOptionsPage } from "../../docs/nixos-options.ts";
import { readDeclaration } from "../../toolchain/node-image/declaration.ts";
import { nixpkgsLib } from "../support/parity/nixpkgs-lib.ts";

const page = readFileSync("docs/nixos-options.md", "utf8");
const lib = nixpkgsLib();

it.skipIf(lib === undefined)("the reference of NixOS options is what the modules declare", async () => {
  expect(page).toBe(await nixosOptionsPage(lib ?? ""));
});

it("the reference of NixOS options has every declared unit and argument", () => {
  for (const { name, exec } of readDeclaration().unit) {
    const section = page.split(`### units.${name}\n`)[1]?.split("### ")[0];
    for (const argument of exec) expect(section, name).toContain(`"${argument.replaceAll("${", "\\${")}"`);
  }
});
