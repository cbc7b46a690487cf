import { join } from "node:path";

/** Folder of the checkout. */
export const checkout = join(import.meta.dirname, "..");

/** Git-ignored folder of the checkout for the files of this machine: stacks, kubeconfigs. */
export const stateFolder = join(checkout, ".pulumi-state");

/** Returns the absolute form of a path in the checkout. */
export function inCheckout(...parts: readonly string[]): string {
  return join(checkout, ...parts);
}
