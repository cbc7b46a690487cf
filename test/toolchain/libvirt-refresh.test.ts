import { describe, expect, it } from "vitest";
import { refreshArguments } from "../../toolchain/libvirt-refresh.ts";

describe("a refresh", () => {
  it.each([[[]], [["--yes", "--skip-preview"]], [["--target-dependents"]], [["--exclude-dependents", "--json"]]])(
    "with %j looks at libvirt alone",
    (args) => {
      expect(refreshArguments("lab", args)).toEqual([
        ...["refresh", "--stack", "lab", "--target", "**libvirt:index/**"],
        ...args,
      ]);
    },
  );

  it.each([
    [["--target", "**"]],
    [["--yes", "--target=**Domain**"]],
    [["-t", "**"]],
    [["-t**"]],
    [["--exclude", "**kubernetes:**"]],
    [["-x=**kubernetes:**"]],
  ])("with %j looks at what was chosen", (args) => {
    expect(refreshArguments("lab", args)).toEqual(["refresh", "--stack", "lab", ...args]);
  });
});
