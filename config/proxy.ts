import { isAddress, offset, parseSubnet } from "../lib/cidr.ts";
import type { Problems } from "./problems.ts";

/** The parts of the environment by which programs are sent to a proxy. */
export type ProxyEnvironment = Readonly<
  Partial<Record<"HTTPS_PROXY" | "https_proxy" | "NO_PROXY" | "no_proxy", string>>
>;

/**
 * Refuses a proxy between the add-ons' provider and the API server, which is found after every machine has booted: the
 * provider is a program of the engine's, so its environment is the engine's and nothing here can change it.
 */
export function checkProxy(problems: Problems, environment: ProxyEnvironment, masterAddress: string): void {
  const proxy = environment.HTTPS_PROXY || environment.https_proxy;
  // As Go reads them (golang.org/x/net/http/httpproxy): the one in upper case, else the other.
  const spared = environment.NO_PROXY || environment.no_proxy || "";
  if (!proxy || !isAddress(masterAddress) || spares(spared, masterAddress)) return;
  problems.add("NO_PROXY", `${masterAddress} in it, because HTTPS_PROXY is set and the nodes are near`, spared);
}

/** Whether a list of hosts has an address: by itself, by its range, or by `*`. */
export function spares(list: string, address: string): boolean {
  return list.split(",").some((entry) => {
    const [text = ""] = entry.trim().split(":");
    const subnet = parseSubnet(text);
    if (subnet === undefined) return text === "*" || text === address;
    const place = offset(subnet, address);
    return place >= 0 && place <= subnet.last - subnet.first;
  });
}
