/** Properties as the engine marshals them: a secret is an object with a signature, an unknown value is {@link notKnown}. */
export type Properties = Record<string, unknown>;

const signature = "4dabf18193072939515e22adb298388d";

/** Text of a value that is known only after the operation. */
export const notKnown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The same properties with secrets in clear. */
export function plain<T = Properties>(value: unknown): T {
  if (Array.isArray(value)) return value.map((item) => plain<unknown>(item)) as T;
  if (value === null || typeof value !== "object") return value as T;
  if (signature in value && "value" in value) return plain<T>(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain<unknown>(item)])) as T;
}

/** Value at a dotted path; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((part, key) => (part as Properties | undefined)?.[key], value);
}

/** Top-level keys and deeper paths of `paths` at which two sets of properties differ. */
export function changed(olds: Properties, news: Properties, paths: readonly string[]): string[] {
  const differs = (path: string) => canonical(at(olds, path)) !== canonical(at(news, path));
  return [...new Set([...paths, ...Object.keys(olds), ...Object.keys(news)])].filter(differs);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(plain(value), (_, item: unknown) =>
      item !== null && typeof item === "object" && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)))
        : item,
    ) ?? "nothing"
  );
}
