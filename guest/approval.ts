import { sandboxLines } from "./sandbox.ts";
import { scriptText } from "./script.ts";

/**
 * Returns the parameters of init-control-plane about the approval of certificates: the texts of two scripts, and the lines that
 * restrict their units.
 */
export function approvalParameters(): Readonly<Record<"APPROVE_JOINS" | "APPROVE_KUBELETS" | "SANDBOX", string>> {
  return {
    APPROVE_JOINS: scriptText({ script: "approve-joins" }),
    APPROVE_KUBELETS: scriptText({ script: "approve-kubelets" }),
    SANDBOX: sandboxLines(),
  };
}
