import { isAddress } from "../lib/cidr.ts";
import type { Identity } from "../topology.ts";

/**
 * Parses the identity that operator/read-identity.ts printed.
 * @throws when it has no IPv4 address or no ed25519 host key. Without a host key the official command plugin (1.2.1) trusts
 * every server.
 */
export function parseIdentity(text: string): Identity {
  const { address, hostKey } = parsed(text);
  if (typeof address !== "string" || !isAddress(address)) throw unexpected(text, "IPv4 address");
  if (typeof hostKey !== "string" || !/^ssh-ed25519 \S+$/.test(hostKey)) throw unexpected(text, "ed25519 host key");
  return { address, hostKey };
}

function unexpected(text: string, expected: string): Error {
  return new Error(`operator/read-identity.ts printed ${text}, expected JSON with the ${expected} of a machine`);
}

function parsed(text: string): { address?: unknown; hostKey?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}
