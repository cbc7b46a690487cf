import { stateOf } from "./frame.ts";
import type { NodeProgress } from "./node-progress.ts";

/** Most nodes that the lines name. */
const mostNames = 5;

/**
 * Returns the lines that say what happens after Ctrl-C or a request to end; none for another notice. The engine itself reports
 * both (Pulumi 3.250, pkg/backend/cancellation_scope.go).
 */
export function interruptionLines(notice: string, progress: NodeProgress): readonly string[] {
  const [, signal = "", next] = /^(\^C|SIGTERM) received; (cancelling|terminating)/.exec(notice) ?? [];
  const name = signal === "^C" ? "Ctrl-C" : signal;
  if (next === "terminating") {
    return [`${name} again: Pulumi ends at once. The next \`npm run up\` recovers what was half made.`];
  }
  if (next === undefined) return [];
  const works = progress.nodes.filter(({ status }) => status === "works");
  const names = works.slice(0, mostNames).map((node) => `${node.name} (${stateOf(node)})`);
  const rest = works.length > mostNames ? [`${works.length - mostNames} more`] : [];
  const parts = progress.parts.map((part) => part.name);
  const under = [...parts, ...names, ...rest].join(", ");
  return [
    `${name}: nothing new starts. ${under === "" ? "No step is under way." : `These steps end first: ${under}.`}`,
    "The next `npm run up` continues from there.",
    `${name} again ends at once. A step that is cut off may leave a part, which the next \`npm run up\` recovers.`,
  ];
}
