import { columns } from "../../lib/table.ts";
import type { Machine } from "./machine.ts";

/** State of a machine before and after a command. */
export interface Change {
  readonly node: string;
  readonly role: Machine["role"];
  readonly domain: string;
  readonly before: string;
  readonly after: string;
}

/** Table of the changes; as JSON for a program. */
export function changeReport(changes: readonly Change[], asJson: boolean): string {
  if (asJson) return JSON.stringify(changes, undefined, 2);
  const rows = changes.map(({ node, role, before, after }) => [node, role, before, after]);
  return columns([["NODE", "ROLE", "BEFORE", "AFTER"], ...rows]);
}
