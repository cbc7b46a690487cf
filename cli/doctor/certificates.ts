import { readFile } from "node:fs/promises";
import { clientValidity, daysLeft, renewalDays } from "../../lifecycle/certificates.ts";
import { ok, warn, type Finding } from "./finding.ts";

/**
 * Says when a stack's certificates end, by the kubeconfig that `npm run kubectl` wrote last. Nothing is said where there is
 * none, and nobody is asked.
 */
export async function checkCertificates(path: string): Promise<readonly Finding[]> {
  const validity = clientValidity(await readFile(path, "utf8").catch(() => ""));
  if (validity === undefined) return [];
  const days = daysLeft(validity);
  if (days >= renewalDays) return [ok("certificates", `end in ${days} days; they are renewed before`)];
  const found =
    days < 0 ? "those of the last kubeconfig have ended" : `those of the last kubeconfig end in ${days} days`;
  return [warn("certificates", found, "`npm run up` renews them, and fetches the new kubeconfig")];
}
