import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { folderForNewStack, withStackFileCopy } from "../../cli/stack/file.ts";
import { TestStack } from "./stack.ts";

const text = `# A file as a user writes it.
config:
  nodeforge:workers: 1
  nodeforge:workerLabels: [disk=ssd]
`;

it("a stack's file stays unchanged, and the state keeps one salt", async () => {
  await using stack = await TestStack.create();
  const places = { checkout: join(stack.folder, "checkout"), state: join(stack.folder, "own") };
  mkdirSync(places.checkout);
  const file = join(places.checkout, "Pulumi.mine.yaml");
  writeFileSync(file, text);
  copyFileSync(inCheckout("Pulumi.yaml"), join(places.checkout, "Pulumi.yaml"));
  const environment = { PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true" };
  const choice = { stack: "mine" };
  const pulumi = async (args: readonly string[], cwd = inCheckout()) => {
    const { exitCode, stdout, all } = await stack.cli.run(
      await withStackFileCopy(choice, args, places),
      cwd,
      environment,
    );
    expect(exitCode, all).toBe(0);
    return stdout;
  };
  const salt = async () =>
    (
      JSON.parse(await pulumi(["stack", "export", "--stack", "mine"])) as {
        deployment: { secrets_providers: { state: { salt: string } } };
      }
    ).deployment.secrets_providers.state.salt;

  await pulumi(["stack", "select", "--create", "--stack", "mine"], await folderForNewStack(choice, places));
  const first = await salt();
  for (const command of ["preview", "up", "refresh"]) {
    await pulumi([command, "--stack", "mine", ...(command === "preview" ? [] : ["--yes"])]);
    expect(readFileSync(file, "utf8"), command).toBe(text);
  }
  expect(
    stack.world
      .ofKind("Domain")
      .map(({ taken }) => taken)
      .sort(),
  ).toEqual(["mine-master", "mine-worker-node-1"]);
  expect(await salt()).toBe(first);
  expect(await pulumi(["stack", "output", "kubeconfig", "--show-secrets", "--stack", "mine"])).toContain("clusters");

  // A file with a secret gets the salt of the state.
  await pulumi(["config", "set", "--secret", "other:password", "geheim", "--stack", "mine", "--config-file", file]);
  const withSecret = readFileSync(file, "utf8");
  expect(withSecret).toContain(`encryptionsalt: ${first}`);
  expect(await withStackFileCopy(choice, ["up"], places)).toEqual(["up"]);

  rmSync(file);
  writeFileSync(file, text);
  await stack.unprotect("mine");
  await pulumi(["destroy", "--yes", "--stack", "mine"]);
  expect([...stack.world.things]).toEqual([]);
  expect(readFileSync(file, "utf8")).toBe(text);
});
