/** Options by which the user asks for something that only Pulumi's own display shows. A short one may be combined. */
const shows =
  /^--(json|output|diff|debug|event-log|show-\w[\w-]*|urns|logtostderr|verbose|tracing|attach-debugger|suppress-\w+|help)(=|$)|^-[a-z]*[djvh]/;

/** Whether arguments of `pulumi up` ask for Pulumi's own display, or for a log of its events. */
export function asksForPulumi(args: readonly string[]): boolean {
  return args.some((argument) => shows.test(argument));
}

/** Whether `pulumi up` begins with the update. Otherwise it plans first. */
export function skipsPreview(args: readonly string[]): boolean {
  return args.some((argument) => /^--skip-preview(=true)?$|^-[a-z]*f[a-z]*$/.test(argument));
}

/** Whether arguments of `pulumi up` keep its plan from being observed: there is none, or Pulumi's one log of events is the user's. */
export function hidesPlan(args: readonly string[]): boolean {
  return skipsPreview(args) || args.some((argument) => /^--event-log(=|$)/.test(argument));
}

/** Most lines of a failure whose output has no part for errors. */
const mostLines = 40;

/** The part of Pulumi's output that explains a failure. */
export function explanationIn(printed: string): string {
  const start = printed.lastIndexOf("\nDiagnostics:\n");
  if (start >= 0) return printed.slice(start + 1).trimEnd();
  return printed.trimEnd().split("\n").slice(-mostLines).join("\n");
}
