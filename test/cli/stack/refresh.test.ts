import { describe, expect, it } from "vitest";
import { refreshFromLibvirt, refreshArguments } from "../../../cli/stack/refresh.ts";

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

/** What Pulumi is asked for beside the state, on a stack with a resource. */
async function comparing(configFile?: string) {
  const ran: string[] = [];
  const capture = (args: readonly string[]) => {
    if (args[0] === "stack") return Promise.resolve('{ "deployment": { "resources": [{}] } }');
    ran.push(args.join(" "));
    return Promise.resolve("");
  };
  await refreshFromLibvirt({ stack: "lab", capture, ...(configFile === undefined ? {} : { configFile }) });
  return ran;
}

describe("a comparison with libvirt", () => {
  const refresh = "refresh --yes --skip-preview --non-interactive --target **libvirt:index/** --stack lab";

  it.each([
    [undefined, refresh],
    ["/elsewhere/lab.yaml", `${refresh} --config-file /elsewhere/lab.yaml`],
  ])("with the settings %s", async (configFile, expected) => {
    expect(await comparing(configFile)).toEqual([expected]);
  });
});
