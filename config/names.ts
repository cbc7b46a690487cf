import type { Problems } from "./problems.ts";

const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/**
 * Adds a problem for a text that is no DNS label (RFC 1123: lower-case letters, digits and inner hyphens).
 * @param longest Largest number of characters; DNS allows 63.
 */
export function checkLabel(problems: Problems, key: string, text: string, longest = 63): void {
  if (!label.test(text) || text.length > longest) {
    problems.add(key, `a DNS label (lower-case letters, digits, inner hyphens) of at most ${longest} characters`, text);
  }
}

/** Adds a problem for a text that is no DNS domain. */
export function checkDomain(problems: Problems, key: string, text: string): void {
  if (!isDomain(text)) problems.add(key, "a DNS domain such as internal or lab.example", text);
}

/** Returns whether a text is a DNS domain: labels joined by dots, at most 253 characters. */
export function isDomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => label.test(part) && part.length <= 63);
}

/** Adds a problem for a name of a libvirt pool or network that is unsafe in a path. */
export function checkLibvirtName(problems: Problems, key: string, text: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)) {
    problems.add(key, "a name of letters, digits, dots, hyphens and underscores", text);
  }
}
