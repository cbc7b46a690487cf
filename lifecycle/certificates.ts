import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { suffix } from "../names.ts";
import type { Node } from "../topology.ts";
import type { PriorState } from "./prior-state.ts";

/** From when to when a certificate is good. */
export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const day = 24 * 60 * 60 * 1000;

/** Certificates are renewed when they have fewer days left: of nix/files/renew-certificates.sh, which nodes have. */
export const renewalDays = 90;

/**
 * Validity of the client certificate in an administrator's kubeconfig; undefined when there is none.
 *
 * kubeadm makes and renews it together with those of the control plane, so it tells of them all.
 * @param kubeconfig Secret.
 */
export function clientValidity(kubeconfig: unknown): Validity | undefined {
  try {
    // A pretty error would quote the text, and with it the key.
    const { users } = parse(String(kubeconfig), { prettyErrors: false }) as {
      users: readonly { readonly user: Readonly<Record<string, string>> }[];
    };
    const certificate = new X509Certificate(Buffer.from(users[0]?.user["client-certificate-data"] ?? "", "base64"));
    return { from: new Date(certificate.validFrom), to: new Date(certificate.validTo) };
  } catch {
    return undefined;
  }
}

/** Whether a certificate is to be renewed: it has fewer than 90 days left, or a quarter of its life where that is shorter. */
export function isDue({ from, to }: Validity, now = new Date()): boolean {
  return to.getTime() - now.getTime() < Math.min(renewalDays * day, (to.getTime() - from.getTime()) / 4);
}

/** Whole days until a certificate ends; negative when it has ended. */
export function daysLeft({ to }: Validity, now = new Date()): number {
  return Math.floor((to.getTime() - now.getTime()) / day);
}

/** Validity of the cluster's certificates, read from the kubeconfig in the prior state; undefined when it has none. */
export function priorValidity(prior: PriorState, master: Pick<Node, "resourceName">): Validity | undefined {
  return clientValidity(prior.outputsOf("remoteCommand", `${master.resourceName}${suffix.kubeconfig}`)?.stdout);
}

/** Tells the user when this run will renew the cluster's certificates. */
export async function announceRenewal(prior: PriorState, master: Pick<Node, "resourceName">): Promise<void> {
  const validity = priorValidity(prior, master);
  if (validity === undefined || !isDue(validity)) return;
  const days = daysLeft(validity);
  const end = days < 0 ? "have ended" : `end in ${days} days`;
  await pulumi.log.info(`the cluster's certificates ${end}: they are renewed, and the kubeconfig with them`);
}

/**
 * What makes the steps run again that renew the certificates and fetch the kubeconfig: a count of how often they were due.
 * Nobody has to be asked, so it works for a cluster whose certificates have all ended.
 * @returns undefined as long as they never were, so that those steps stay as they are.
 */
export function renewalOf(prior: PriorState, master: Pick<Node, "resourceName">, now = new Date()): string | undefined {
  const stdin = prior.outputsOf("remoteCommand", `${master.resourceName}${suffix.init}`)?.stdin;
  // The steps may not be replaced, so they have no triggers to count in.
  const [, last] = /^CERTIFICATES='(\d+)'$/m.exec(typeof stdin === "string" ? stdin : "") ?? [];
  const validity = priorValidity(prior, master);
  return validity !== undefined && isDue(validity, now) ? String(Number(last ?? 0) + 1) : last;
}
