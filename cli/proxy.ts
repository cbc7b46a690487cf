import { masterAddressOf } from "../config/network.ts";
import { parseSubnet } from "../lib/cidr.ts";
import type { StackSettings } from "./stack/settings.ts";

/** Variables that name a proxy. Programs read them in upper and lower case. */
const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

/**
 * Hosts that are reached without a proxy: the nodes. The address of the control plane is for every program, the range of the
 * nodes for programs in Go (golang.org/x/net/http/httpproxy).
 */
export function directHosts({ get }: Pick<StackSettings, "get">): readonly string[] {
  const subnet = parseSubnet(get("networkCidr"));
  const master = get("masterAddress") || (subnet && masterAddressOf(subnet));
  return [master, subnet?.cidr].filter((entry) => entry !== undefined);
}

/**
 * Variables that exclude hosts from the proxy, with the user's own entries; none without a proxy.
 *
 * Node prefers the name in lower case and Go the name in upper case, so both get the entries of both.
 */
export function proxyExceptions(
  hosts: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  if (!proxyNames.some((name) => environment[name])) return {};
  const own = [environment.NO_PROXY, environment.no_proxy].flatMap((text) => (text ?? "").split(/[\s,]+/));
  const all = [...new Set([...own, ...hosts])].filter(Boolean).join(",");
  return { NO_PROXY: all, no_proxy: all };
}
