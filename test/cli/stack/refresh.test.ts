import { describe, expect, it } from "vitest";
import { refreshFromLibvirt, refreshArguments } from "../../../cli/stack/refresh.ts";

describe("npm run refresh", () => {
  it.each([[[]], [["--yes", "--skip-preview"]], [["--target-dependents"]], [["--exclude-dependents", "--json"]]])(
    "with %j is limited to libvirt",
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
  ])("with %j is limited by the user's options only", (args) => {
    expect(refreshArguments("lab", args)).toEqual(["refresh", "--stack", "lab", ...args]);
  });
});

/** Calls of Pulumi that refresh a stack with one resource. */
async function refreshing(configFile?: string) {
  const ran: string[] = [];
  const capture = (args: readonly string[]) => {
    if (args[0] === "stack") return Promise.resolve('{ "deployment": { "resources": [{ "urn": "u", "type": "t" }] } }');
    ran.push(args.join(" "));
    return Promise.resolve("");
  };
  await refreshFromLibvirt({ stack: "lab", capture, ...(configFile === undefined ? {} : { configFile }) });
  return ran;
}

describe("the refresh before an update", () => {
  const refresh = "refresh --yes --skip-preview --non-interactive --target **libvirt:index/** --stack lab";

  it.each([
    [undefined, refresh],
    ["/elsewhere/lab.yaml", `${refresh} --config-file /elsewhere/lab.yaml`],
  ])("with the settings file %s runs Pulumi once, without a question", async (configFile, expected) => {
    expect(await refreshing(configFile)).toEqual([expected]);
  });
});
