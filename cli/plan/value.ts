/** Key of the objects by which Pulumi marks a secret, and the mark (3.250, sdk/go/common/resource/sig). */
const secretKey = "4dabf18193072939515e22adb298388d";

/** Texts in place of values that are unknown until the change (3.250, sdk/go/common/resource/plugin/rpc.go). */
const unknownMarks: readonly string[] = [
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/** Text in place of a value that is unknown until the change. */
const unknownText = "(known later)";
/** Text in place of a secret. */
const secretText = "[secret]";

/** Longest text of a value in a plan, in characters. */
const longest = 160;

/** Whether a value is unknown until the change. */
export function isUnknown(value: unknown): boolean {
  return typeof value === "string" && unknownMarks.includes(value);
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && secretKey in value;
}

/** Describes a value in one line, without secrets. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "(none)";
  if (value === "") return '""';
  const told = withoutMarks(value);
  const text = typeof told === "string" ? told : JSON.stringify(told);
  const line = text.replaceAll(/\s*\n\s*/g, " ");
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** Replaces secrets and unknown values by words. */
function withoutMarks(value: unknown): unknown {
  if (isUnknown(value)) return unknownText;
  if (isSecret(value)) return secretText;
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutMarks(part)]));
}

/** A property that differs, by its path such as `disks[0].volumeId`. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Lists the properties that differ, one for each innermost value. Two secrets never differ, because a plan shows none. */
export function differencesOf(before: unknown, after: unknown, path = ""): readonly Difference[] {
  if (isSecret(before) && isSecret(after)) return [];
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => {
      const at = Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      return differencesOf(before[key], after[key], at);
    });
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !isSecret(value);
}
