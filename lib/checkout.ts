import { join } from "node:path";

/** Folder of the checkout. */
export const checkout = join(import.meta.dirname, "..");

/** Git-ignored folder of the checkout for what the machine decides: stacks, kubeconfigs. */
export const stateFolder = join(checkout, ".pulumi-state");

/** A path given relative to the checkout. */
export function inCheckout(...parts: readonly string[]): string {
  return join(checkout, ...parts);
}
