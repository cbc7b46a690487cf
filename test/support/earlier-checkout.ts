import { execa } from "execa";

/** Commit whose cluster gets the present one in `test/e2e/upgrade.nightly.ts`: the last before the control plane was hardened. */
export const earlierCommit = "a8f504b";

/** A checkout of an earlier commit. */
interface EarlierCheckout {
  /** Folder of the repository that has the commit. */
  readonly repository: string;
  readonly commit: string;
  /** Folder of the new checkout; missing or empty. */
  readonly folder: string;
  /** Variables of the tier, so that the earlier commit finds what it finds in the test. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Makes the checkout of a tier that runs the upgrade's file. The tier has no network later, but the earlier commit needs its
 * packages and plugins.
 * @param project Project of vitest.
 * @param args Arguments of vitest, which choose files.
 * @returns variables to add: `NODEFORGE_EARLIER`, the folder. None where the variable is set already, where no test needs the
 * checkout, or where it failed. Then the test fails, and the others run.
 */
export async function provideEarlierCheckout(
  project: string,
  args: readonly string[],
  { folder, environment }: Pick<EarlierCheckout, "folder" | "environment">,
): Promise<Readonly<Record<string, string>>> {
  if (process.env.NODEFORGE_EARLIER || !(await runsFile("test/e2e/upgrade.nightly.ts", project, args))) return {};
  try {
    await makeEarlierCheckout({ repository: ".", commit: earlierCommit, folder, environment });
    return { NODEFORGE_EARLIER: folder };
  } catch (error) {
    console.log((error as Error).message);
    return {};
  }
}

/** Whether a run of vitest with these arguments has the file. */
export async function runsFile(file: string, project: string, args: readonly string[]): Promise<boolean> {
  const list = ["list", "--filesOnly", "--project", project, ...args];
  const { stdout } = await execa("vitest", list, { preferLocal: true, reject: false });
  return stdout.split("\n").some((line) => line.trim().endsWith(file));
}

/**
 * Makes a checkout of a commit, with its npm packages, its Pulumi and its plugins.
 * @throws when the repository lacks the commit, or a part can neither be found nor built.
 */
export async function makeEarlierCheckout({ repository, commit, folder, environment }: EarlierCheckout): Promise<void> {
  console.log(`preparing a checkout of ${commit}`);
  await execa("git", ["clone", "--quiet", "--no-checkout", repository, folder]);
  const { failed } = await execa("git", ["-C", folder, "checkout", "--quiet", commit], { reject: false });
  if (failed) {
    throw new Error(
      `the repository ${repository} lacks the commit ${commit}, expected its whole history. Fix: git fetch --unshallow`,
    );
  }
  // It opens a session with plugins as `up` does, and needs no hypervisor. Its standard output is for a shell.
  const ended = await execa("bash", ["tools/with-packages", "cli/main.ts", "env"], {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 40 * 60_000,
    reject: false,
  });
  if (ended.failed) {
    const why = ended.timedOut ? "did not end within 40 minutes" : `ended with exit code ${ended.exitCode}`;
    throw new Error(
      `npm run env of the commit ${commit} ${why}. Fix: npm run env in a checkout of it shows the reason`,
    );
  }
}
