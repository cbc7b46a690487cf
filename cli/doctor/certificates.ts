import { readFile } from "node:fs/promises";
import { clientValidity, daysLeft, renewalDays } from "../../lifecycle/certificates.ts";
import { ok, warn, type Finding } from "./finding.ts";

/**
 * Checks when a stack's certificates expire, by the kubeconfig that `npm run kubectl` wrote last. Returns nothing without a
 * kubeconfig. Does not connect to the cluster.
 */
export async function checkCertificates(path: string): Promise<readonly Finding[]> {
  const validity = clientValidity(await readFile(path, "utf8").catch(() => ""));
  if (validity === undefined) return [];
  const days = daysLeft(validity);
  if (days >= renewalDays)
    return [ok("certificates", `expire in ${days} days; \`npm run up\` and the control plane renew them earlier`)];
  const found =
    days < 0 ? "those of the last kubeconfig have expired" : `those of the last kubeconfig expire in ${days} days`;
  return [warn("certificates", found, "`npm run up` renews them, and fetches the new kubeconfig")];
}
