import type { Change } from "./node-progress.ts";

/** Lines of a message or a warning, each with the name of the node or resource that prints it. */
export function spoken({ is, from, text }: Change & { is: "message" | "warning" }): readonly string[] {
  const head = [is === "warning" ? "warning" : undefined, from === "" ? undefined : from].filter(
    (word) => word !== undefined,
  );
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => [...head, line.trimEnd()].join(": "));
}
