import { globSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { inCheckout } from "../../lib/checkout.ts";

/** A stack's file that the checkout has. */
export interface StackFile {
  /** Path in the checkout. */
  readonly path: string;
  readonly text: string;
  /** Settings without the project's namespace. */
  readonly settings: Readonly<Record<string, string | number | boolean | object>>;
}

/** The stacks of examples/. */
export const exampleStacks = globSync("examples/*.yaml", { cwd: inCheckout() }).sort().map(readStackFile);

/** Reads a stack's file. @param path Its path in the checkout. */
export function readStackFile(path: string): StackFile {
  const text = readFileSync(inCheckout(path), "utf8");
  const { config } = parse(text) as { config: StackFile["settings"] };
  const settings = Object.entries(config).map(([key, value]) => [key.replace(/^nodeforge:/, ""), value] as const);
  return { path, text, settings: Object.fromEntries(settings) };
}
