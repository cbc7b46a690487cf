import type { StackSettings } from "../../../cli/stack/settings.ts";

/** Settings of a stack that sets only these. */
export function settingsOf(values: Readonly<Record<string, string>>): StackSettings {
  return {
    get: (key) => values[key] ?? "",
    objects: () => [],
    all: values,
    secretsProvider: undefined,
    hasSalt: false,
  };
}
