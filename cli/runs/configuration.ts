import type { StackSettings } from "../stack/settings.ts";

/** Text in place of a secret of the stack's file. */
const secretMark = "[secret]";
/** Text in place of a key whose text, not its path, is in the stack's file. */
const keyMark = "[key]";

/** Returns every setting that a stack runs with, including defaults, without secrets and the text of keys. */
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
