import { inLog } from "../evidence.ts";
import type { KnownCause } from "./known-cause.ts";

/** Causes in Pulumi's stack, before anything is changed. */
export const stackCauses: readonly KnownCause[] = [
  {
    name: "wrong passphrase",
    cause: "The passphrase on this machine does not decrypt the stack.",
    fix: "Put the stack's passphrase into .pulumi-passphrase or PULUMI_CONFIG_PASSPHRASE.",
    symptoms: (evidence) =>
      inLog(evidence, /incorrect passphrase|passphrase must be set with PULUMI_CONFIG_PASSPHRASE/),
  },
  {
    name: "stack locked",
    cause: "Another run is changing this stack, or a killed run left its lock.",
    fix: "When no other run is active: `npm run pulumi -- cancel`, then `npm run up`.",
    symptoms: (evidence) => inLog(evidence, /the stack is currently locked by|Another update is currently in progress/),
  },
];
