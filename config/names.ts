import type { Problems } from "./problems.ts";

const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/**
 * Refuses what cannot be a DNS label (RFC 1123: lower-case letters, digits and inner hyphens).
 * @param longest Most characters allowed; 63 is what DNS carries.
 */
export function checkLabel(problems: Problems, key: string, text: string, longest = 63): void {
  if (!label.test(text) || text.length > longest) {
    problems.add(key, `a DNS label (lower-case letters, digits, inner hyphens) of at most ${longest} characters`, text);
  }
}

/** Refuses what cannot be a DNS domain: labels joined by dots, at most 253 characters. */
export function checkDomain(problems: Problems, key: string, text: string): void {
  if (!isDomain(text)) problems.add(key, "a DNS domain such as internal or lab.example", text);
}

/** Whether a text is labels joined by dots, at most 253 characters. */
export function isDomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => label.test(part) && part.length <= 63);
}

/** Refuses what cannot be the name of a libvirt pool or network in a path-like place. */
export function checkLibvirtName(problems: Problems, key: string, text: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)) {
    problems.add(key, "a name of letters, digits, dots, hyphens and underscores", text);
  }
}
