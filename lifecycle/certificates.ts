import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { suffix } from "../names.ts";
import type { Node } from "../topology.ts";
import type { PriorState } from "./prior-state.ts";

/** Time in which a certificate is valid. */
export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const day = 24 * 60 * 60 * 1000;

/** Certificates with fewer days left are renewed. The same number is in nix/files/renew-certificates.sh, which runs on nodes. */
export const renewalDays = 90;

/**
 * Validity of the client certificate in an administrator's kubeconfig; undefined when there is none.
 *
 * kubeadm creates and renews this certificate together with those of the control plane, so their validity is the same.
 * @param kubeconfig Secret.
 */
export function clientValidity(kubeconfig: unknown): Validity | undefined {
  try {
    // Without prettyErrors, because those quote the text, which has the key.
    const { users } = parse(String(kubeconfig), { prettyErrors: false }) as {
      users: readonly { readonly user: Readonly<Record<string, string>> }[];
    };
    const certificate = new X509Certificate(Buffer.from(users[0]?.user["client-certificate-data"] ?? "", "base64"));
    return { from: new Date(certificate.validFrom), to: new Date(certificate.validTo) };
  } catch {
    return undefined;
  }
}

/** Whether a certificate needs renewal: fewer than 90 days are left, or less than a quarter of its life if that is shorter. */
export function isDue({ from, to }: Validity, now = new Date()): boolean {
  return to.getTime() - now.getTime() < Math.min(renewalDays * day, (to.getTime() - from.getTime()) / 4);
}

/** Whole days until a certificate expires; negative after that. */
export function daysLeft({ to }: Validity, now = new Date()): number {
  return Math.floor((to.getTime() - now.getTime()) / day);
}

/** Validity of the cluster's certificates, read from the kubeconfig in the prior state; undefined when it has none. */
export function priorValidity(prior: PriorState, master: Pick<Node, "resourceName">): Validity | undefined {
  return clientValidity(prior.outputsOf("remoteCommand", `${master.resourceName}${suffix.kubeconfig}`)?.stdout);
}

/** Logs a message when this run will renew the cluster's certificates. */
export async function announceRenewal(prior: PriorState, master: Pick<Node, "resourceName">): Promise<void> {
  const validity = priorValidity(prior, master);
  if (validity === undefined || !isDue(validity)) return;
  const days = daysLeft(validity);
  const end = days < 0 ? "have expired" : `expire in ${days} days`;
  await pulumi.log.info(`the cluster's certificates ${end}: this run renews them and the kubeconfig`);
}

/**
 * Number of renewals of the certificates. A new number makes the steps run again that renew them and read the kubeconfig.
 *
 * Reads only the prior state, because the API server of a cluster with expired certificates refuses every request.
 * @returns undefined before the first renewal, so that the inputs of those steps do not change.
 */
export function renewalOf(prior: PriorState, master: Pick<Node, "resourceName">, now = new Date()): string | undefined {
  const stdin = prior.outputsOf("remoteCommand", `${master.resourceName}${suffix.init}`)?.stdin;
  // In a parameter instead of a trigger, because a changed trigger replaces the step.
  const [, last] = /^CERTIFICATES='(\d+)'$/m.exec(typeof stdin === "string" ? stdin : "") ?? [];
  const validity = priorValidity(prior, master);
  return validity !== undefined && isDue(validity, now) ? String(Number(last ?? 0) + 1) : last;
}
