import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { checkout } from "../../lib/checkout.ts";
import { run } from "../../lib/process.ts";
import { readSettings, stackBaseName, type StackChoice, type StackSettings } from "../stack/settings.ts";

/** Settings of a stack in a revision of the checkout. */
export interface Revision {
  /** Undefined where the revision has no file for the stack. */
  readonly settings: StackSettings | undefined;
  /** Paths of the files that differ between the revision and the checkout, also in files that are not committed. */
  readonly files: readonly string[];
}

/**
 * Reads a stack's settings from a revision of git.
 * @param revision A commit, a branch or a tag.
 * @param folder The checkout.
 * @throws when git does not have the revision.
 */
export async function readRevision(choice: StackChoice, revision: string, folder = checkout): Promise<Revision> {
  const git = (...args: readonly string[]) => run("git", args, { cwd: folder });
  const commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`).catch(() => {
    throw new Error(
      `--base ${revision}: expected a revision that git has. Fix: \`git fetch origin\`, or fetch-depth: 0 in the workflow`,
    );
  });
  const own = relative(folder, choice.configFile ?? join(folder, `Pulumi.${stackBaseName(choice.stack)}.yaml`));
  const show = (path: string) => git("show", `${commit}:./${path}`).catch(() => undefined);
  const [project, stack, files] = await Promise.all([
    show("Pulumi.yaml"),
    show(own),
    git("diff", "--name-only", "--relative", commit, "--"),
  ]);
  const changed = files.split("\n").filter(Boolean);
  if (project === undefined || stack === undefined) return { settings: undefined, files: changed };
  const copy = await mkdtemp(join(tmpdir(), "nodeforge-base-"));
  try {
    const configFile = join(copy, basename(own));
    await Promise.all([writeFile(join(copy, "Pulumi.yaml"), project), writeFile(configFile, stack)]);
    return { settings: readSettings({ stack: choice.stack, configFile }, copy), files: changed };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
