import { readFileSync } from "node:fs";
import { inCheckout } from "../../lib/checkout.ts";

/** Returns the versions of the modules that the go.mod in a folder of the checkout requires, by their paths. */
export function goRequirements(folder: string): ReadonlyMap<string, string> {
  const text = readFileSync(inCheckout(folder, "go.mod"), "utf8");
  return new Map(
    [...text.matchAll(/^(?:require |\t)(\S+) (v\S+)/gm)].map(([, path = "", version = ""]) => [path, version]),
  );
}
