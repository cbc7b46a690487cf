import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nixosOptionsPage } from "../../docs/nixos-options.ts";
import { nixpkgsLib } from "../support/parity/nixpkgs-lib.ts";

const lib = nixpkgsLib();

it.skipIf(lib === undefined)("the reference of NixOS options matches the modules", async () => {
  expect(readFileSync("docs/nixos-options.md", "utf8")).toBe(await nixosOptionsPage(lib ?? ""));
});
