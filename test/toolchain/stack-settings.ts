import type { StackSettings } from "../../toolchain/stack.ts";

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
