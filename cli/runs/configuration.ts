import type { StackSettings } from "../stack/settings.ts";

/** What stands where the stack's file has a secret. */
export const secretMark = "[secret]";
/** What stands where the stack's file has the text of a key instead of its path. */
export const keyMark = "[key]";

/** Every setting a stack runs with, defaults included, without secrets and without the text of keys. */
export function effectiveConfiguration(settings: Pick<StackSettings, "all">): Record<string, unknown> {
  return clean(settings.all) as Record<string, unknown>;
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return isKeyText(value) ? keyMark : value;
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  // Pulumi keeps a secret as an object with this one key.
  if (entries.length === 1 && entries[0]?.[0] === "secure") return secretMark;
  return Object.fromEntries(entries.map(([key, part]) => [key, clean(part)]));
}

/** A public key in one line, or a private key. */
function isKeyText(text: string): boolean {
  return /^\s*((ssh|ecdsa|sk)-\S+\s+AAAA|-----BEGIN )/.test(text);
}
