import { uriProblem, withoutPassword } from "../libvirt/uri.ts";
import type { StackSettings } from "./stack/settings.ts";

/**
 * The hypervisor that a stack names. Every command that gives it to a process asks here first: a stack's file may be somebody
 * else's change, and a URI can name a program that libvirt would start.
 * @throws saying what is wrong with the URI, as the program does.
 */
export function hypervisorUri({ get }: Pick<StackSettings, "get">): string {
  const uri = get("libvirtUri");
  const wanted = uriProblem(uri);
  if (wanted === undefined) return uri;
  throw new Error(
    "The stack's configuration cannot be used; nothing was started.\n" +
      `  nodeforge:libvirtUri: wanted ${wanted}, got ${JSON.stringify(withoutPassword(uri))}`,
  );
}
