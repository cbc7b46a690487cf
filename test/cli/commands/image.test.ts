import { describe, expect, test } from "vitest";
import { command } from "../../../cli/commands/image.ts";

describe("npm run image", () => {
  test.each([
    [["--nix", "--debian"], "--nix excludes --debian"],
    [["--nix", "--marker", "red"], "--nix excludes --marker"],
    [["--nix", "--fresh"], "--nix excludes --fresh and --archive"],
    [["--nix", "--archive", ""], "--nix excludes --fresh and --archive"],
    [["--marker", "red", "--fresh"], "--marker excludes --fresh and --archive"],
    [["--arch"], "unknown option '--arch'\n(Did you mean --archive?)"],
    [["debian"], "too many arguments"],
  ])("refuses %j", async (args, reason) => {
    await expect(command(args)).rejects.toThrow(reason);
  });
});
