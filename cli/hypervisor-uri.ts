import { uriProblem, withoutPassword } from "../libvirt/uri.ts";
import type { StackSettings } from "./stack/settings.ts";

/**
 * URI of a stack's hypervisor. Every command that passes it to a process reads it here. Another user may have written the
 * stack's file, and a URI can name a program that libvirt would start.
 * @throws with the problem of the URI, in the words of the program.
 */
export function hypervisorUri({ get }: Pick<StackSettings, "get">): string {
  const uri = get("libvirtUri");
  const wanted = uriProblem(uri);
  if (wanted === undefined) return uri;
  throw new Error(
    "The stack's configuration cannot be used; nothing was started.\n" +
      `  nodeforge:libvirtUri: expected ${wanted}, got ${JSON.stringify(withoutPassword(uri))}`,
  );
}
