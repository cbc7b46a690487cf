import { isAddress, offset, parseSubnet } from "../lib/cidr.ts";
import type { Problems } from "./problems.ts";

/** Environment variables that send programs to a proxy. */
export type ProxyEnvironment = Readonly<
  Partial<Record<"HTTPS_PROXY" | "https_proxy" | "NO_PROXY" | "no_proxy", string>>
>;

/**
 * Adds a problem for a proxy between the Kubernetes provider and the API server. Without this check, the fault would show after
 * every machine has booted. The engine starts the provider with its own environment, so the program cannot change it.
 */
export function checkProxy(problems: Problems, environment: ProxyEnvironment, masterAddress: string): void {
  const proxy = environment.HTTPS_PROXY || environment.https_proxy;
  // Go reads the variable in upper case first, then the other (golang.org/x/net/http/httpproxy).
  const spared = environment.NO_PROXY || environment.no_proxy || "";
  if (!proxy || !isAddress(masterAddress) || spares(spared, masterAddress)) return;
  problems.add(
    "NO_PROXY",
    `${masterAddress} in the list, because HTTPS_PROXY is set and the nodes are reached without a proxy`,
    spared,
  );
}

/** Returns whether a list of hosts has an address, a range with it, or `*`. */
export function spares(list: string, address: string): boolean {
  return list.split(",").some((entry) => {
    const [text = ""] = entry.trim().split(":");
    const subnet = parseSubnet(text);
    if (subnet === undefined) return text === "*" || text === address;
    const place = offset(subnet, address);
    return place >= 0 && place <= subnet.last - subnet.first;
  });
}
