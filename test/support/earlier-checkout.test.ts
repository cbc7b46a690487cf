import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, vi } from "vitest";
import { makeEarlierCheckout, provideEarlierCheckout, runsFile } from "./earlier-checkout.ts";
import { test } from "./folder.ts";

/** Makes a repository with two commits. @param end Last line of the first commit's command. @returns the first commit. */
async function repositoryIn(folder: string, end = ""): Promise<string> {
  const git = async (...args: readonly string[]) =>
    (await execa("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org", ...args])).stdout;
  await mkdir(join(folder, "tools"), { recursive: true });
  await execa("git", ["init", "--quiet", folder]);
  await writeFile(join(folder, "version"), "earlier\n");
  await writeFile(join(folder, "tools", "with-packages"), `echo "$* $FROM_TIER $(cat version)" >prepared\n${end}\n`);
  await git("add", ".");
  await git("commit", "--quiet", "--message", "earlier");
  const commit = await git("rev-parse", "--short", "HEAD");
  await writeFile(join(folder, "version"), "present\n");
  await git("commit", "--quiet", "--all", "--message", "present");
  return commit;
}

describe("a checkout of an earlier commit", () => {
  test("has that commit, and its own command has prepared it", async ({ folder }) => {
    const [repository, made] = [join(folder, "repository"), join(folder, "made")];
    const commit = await repositoryIn(repository);
    await makeEarlierCheckout({ repository, commit, folder: made, environment: { FROM_TIER: "tier" } });
    expect(await readFile(join(made, "prepared"), "utf8")).toBe("cli/main.ts env tier earlier\n");
    expect(await readdir(repository)).not.toContain("prepared");
  });

  test("needs the whole history", async ({ folder }) => {
    const [repository, shallow, made] = [join(folder, "repository"), join(folder, "shallow"), join(folder, "made")];
    const commit = await repositoryIn(repository);
    await execa("git", ["clone", "--quiet", "--depth", "1", `file://${repository}`, shallow]);
    await expect(makeEarlierCheckout({ repository: shallow, commit, folder: made, environment: {} })).rejects.toThrow(
      `lacks the commit ${commit}, expected its whole history. Fix: git fetch --unshallow`,
    );
  });

  test("is refused where its command fails", async ({ folder }) => {
    const [repository, made] = [join(folder, "repository"), join(folder, "made")];
    const commit = await repositoryIn(repository, "exit 3");
    await expect(makeEarlierCheckout({ repository, commit, folder: made, environment: {} })).rejects.toThrow(
      `npm run env of the commit ${commit} ended with exit code 3. Fix: `,
    );
  });
});

describe("a tier", () => {
  test.afterEach(() => void vi.unstubAllEnvs());

  test("makes none for files that do not need one, and none beside one that you name", async ({ folder }) => {
    const none = { folder: join(folder, "earlier"), environment: {} };
    expect(await provideEarlierCheckout("e2e-nightly", ["test/e2e/faults"], none)).toEqual({});
    vi.stubEnv("NODEFORGE_EARLIER", "/own");
    expect(await provideEarlierCheckout("e2e-nightly", [], none)).toEqual({});
    expect(await readdir(folder)).toEqual([]);
  });

  test("asks vitest for the files of its arguments", async () => {
    const file = "test/e2e/upgrade.nightly.ts";
    expect(await runsFile(file, "e2e-nightly", [])).toBe(true);
    expect(await runsFile(file, "e2e-nightly", ["upgrade", "--testNamePattern", "becomes"])).toBe(true);
    expect(await runsFile(file, "e2e-nightly", ["test/e2e/faults.nightly.ts"])).toBe(false);
    expect(await runsFile(file, "e2e", [])).toBe(false);
  });
});
