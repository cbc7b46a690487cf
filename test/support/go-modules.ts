import { execa } from "execa";
import { dirname } from "node:path";
import { inCheckout } from "../../lib/checkout.ts";

/** Returns the folder of every go.mod that git has or would add, relative to the checkout and sorted. */
export async function trackedGoModules(): Promise<readonly string[]> {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "--", "go.mod", "*/go.mod"];
  const { stdout } = await execa("git", args, { cwd: inCheckout() });
  return stdout.split("\n").filter(Boolean).map(dirname).sort();
}
