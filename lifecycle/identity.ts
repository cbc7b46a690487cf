import { isAddress } from "../lib/cidr.ts";
import type { Identity } from "../topology.ts";

/**
 * The identity that operator/read-identity.ts printed.
 * @throws when it has no IPv4 address or no ed25519 host key. Without a key to compare, the official command plugin (1.2.1)
 * trusts whichever server answers.
 */
export function parseIdentity(text: string): Identity {
  const { address, hostKey } = parsed(text);
  if (typeof address !== "string" || !isAddress(address)) throw new Error(`${wanted("IPv4 address")}, got ${text}`);
  if (typeof hostKey !== "string" || !/^ssh-ed25519 \S+$/.test(hostKey))
    throw new Error(`${wanted("ed25519 host key")}, got ${text}`);
  return { address, hostKey };
}

function wanted(what: string): string {
  return `operator/read-identity.ts was to print the ${what} of a machine`;
}

function parsed(text: string): { address?: unknown; hostKey?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}
