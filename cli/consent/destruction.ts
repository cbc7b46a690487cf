import { nameOfUrn } from "../../names.ts";
import { columns } from "../../lib/table.ts";
import { kindOfType } from "./resource-kinds.ts";
import type { StateResource } from "../stack/state.ts";

/**
 * Lists the resources that a destroy deletes, for the question before it.
 * @param args Arguments of the command, which may exclude some of them.
 */
export function describeStack(resources: readonly StateResource[], stack: string, args: readonly string[]): string {
  const kinds = new Map<string, string[]>();
  for (const resource of resources) {
    const kind = kindOfType(resource.type);
    if (kind === undefined) continue;
    const name = nameOfUrn(resource.urn);
    kinds.set(kind, [...(kinds.get(kind) ?? []), resource.protect ? `${name} (protected)` : name]);
  }
  const rows = [...kinds].map(([kind, names]) => ["", kind, names.join(", ")]);
  return [
    `Stack ${stack} has:`,
    ...(rows.length > 0 ? [columns(rows, "  ")] : []),
    ...(args.length > 0 ? [`Your arguments limit the destroy: ${args.join(" ")}`] : []),
  ].join("\n");
}
