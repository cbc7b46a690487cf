/**
 * Evaluates every output of the flake with a real tree of nixpkgs: `NIXPKGS=path npm run test:nix [-- PREFIX...]`. A prefix
 * selects attributes, such as `packages.x86_64-linux`. Nothing is built, and nothing is downloaded.
 *
 * An attribute passes when it evaluates to a derivation without a warning. A broken module passes when its failure names it. The
 * last line is `N passed, N failed`. The exit code is 0 only if nothing failed and at least one attribute passed.
 */
import {
  evaluateTree,
  nixpkgsTree,
  nixVersion,
  quoted,
  type Evaluation,
  type NixpkgsTree,
} from "./support/nix-tree.ts";

/** A program of a node, in the tree and in nix/node.toml. */
interface Version {
  readonly name: string;
  readonly declared: string;
  readonly found: string;
  readonly because: string;
}

/** Broken modules, and the text that the failure must have. */
const broken: Readonly<Record<string, string>> = {
  "test/nix/broken/unknown-option.nix": "services.nodeforge.kubelets' does not exist",
  "test/nix/broken/undefined-variable.nix": "no-such-program-of-nodeforge",
  "test/nix/broken/other-version.nix": "declares containerd",
  "test/nix/broken/warning.nix": "test/nix/broken/warning.nix warns",
};

let passed = 0;
let failed = 0;
try {
  await check(nixpkgsTree(), process.argv.slice(2));
} catch (error) {
  report("test:nix", (error as Error).message, 0);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

async function check(tree: NixpkgsTree, prefixes: readonly string[]): Promise<void> {
  console.log(`Nix ${await nixVersion()}, nixpkgs in ${tree.path}`);
  if (tree.standIns.length > 0)
    console.log(`the tree has no packages in Haskell; empty ones replace ${tree.standIns.join(", ")}`);
  const list = await evaluateTree(tree, "attributes");
  if (list.value === undefined) return report("the list of the flake's outputs", list.problem, list.seconds);
  const all = list.value as readonly string[];
  const chosen = all.filter((name) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)));
  if (chosen.length === 0)
    throw new Error(`no output begins with ${prefixes.join(" or ")}; expected ${all.join(", ")}`);
  for (const name of chosen) {
    if (name.startsWith("formatter.") && tree.standIns.includes("nixfmt")) {
      console.log(`skip ${name}: the tree has no nixfmt`);
      continue;
    }
    const result = await evaluateTree(tree, `evaluate ${quoted(name)}`);
    report(name, problemIn(result), result.seconds, derivationIn(result));
  }
  if (prefixes.length > 0) return;
  for (const [module, expected] of Object.entries(broken)) {
    const result = await evaluateTree(tree, `evaluate "nixosConfigurations.node"`, module);
    const problem = problemIn(result);
    const isNamed = problem.includes(expected);
    report(
      `refuses ${module}`,
      isNamed ? "" : `expected a failure with "${expected}", got ${problem || "none"}`,
      result.seconds,
    );
  }
  await reportVersions(tree);
}

function problemIn({ problem, warnings }: Evaluation): string {
  return [problem, ...warnings].filter((line) => line !== "").join("\n");
}

function derivationIn({ value }: Evaluation): string {
  return (value as { readonly derivation: string } | undefined)?.derivation ?? "";
}

function report(name: string, problem: string, seconds: number, detail = ""): void {
  if (problem === "") passed++;
  else failed++;
  console.log(`${problem === "" ? "ok  " : "FAIL"} ${name} (${seconds.toFixed(1)} s)${detail && ` ${detail}`}`);
  if (problem !== "") console.log(`${problem}\nFAILED ${name}: ${problem.replaceAll(/\s+/g, " ").slice(0, 200)}`);
}

async function reportVersions(tree: NixpkgsTree): Promise<void> {
  const { value, problem, seconds } = await evaluateTree(tree, "versions");
  if (value === undefined) return report("the versions of the node's programs", problem, seconds);
  const { release, programs } = value as { readonly release: string; readonly programs: readonly Version[] };
  console.log(`versions of nixpkgs ${release} that differ from nix/node.toml:`);
  for (const { name, declared, found, because } of programs) {
    if (found !== declared) console.log(`  ${name} ${found}, declared ${declared}: ${because}`);
  }
}
