import { kindOfType } from "./resource-kinds.ts";
import { nameOfUrn } from "../../names.ts";
import type { StateResource } from "../stack/state.ts";

/**
 * What a destroy of a stack would delete, as lines for the person who is asked.
 * @param args The command's own arguments, which may leave something out.
 */
export function describeStack(resources: readonly StateResource[], stack: string, args: readonly string[]): string {
  const kinds = new Map<string, string[]>();
  for (const { type, urn, protect } of resources) {
    const kind = kindOfType(type);
    if (kind === undefined) continue;
    const name = nameOfUrn(urn);
    kinds.set(kind, [...(kinds.get(kind) ?? []), protect ? `${name} (protected)` : name]);
  }
  const width = Math.max(0, ...[...kinds.keys()].map((kind) => kind.length));
  return [
    `Stack ${stack} has:`,
    ...[...kinds].map(([kind, names]) => `  ${kind.padEnd(width)}  ${names.join(", ")}`),
    ...(args.length > 0 ? [`The destroy is limited by its arguments: ${args.join(" ")}`] : []),
  ].join("\n");
}
