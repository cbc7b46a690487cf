import { PolicyPack } from "@pulumi/policy";
import { judge, type Rule } from "./rule.ts";

/**
 * Serves rules to Pulumi's engine until the engine ends this process. A resource that breaks a rule fails the plan. The version
 * of the pack is the one of package.json in the current folder.
 */
export function servePack(rules: readonly Rule[]): void {
  new PolicyPack("nodeforge", {
    policies: rules.map((rule) => ({
      ...{ name: rule.name, description: rule.description, enforcementLevel: "mandatory" as const },
      validateResource: (resource, report) => {
        const { problem, silence } = judge(rule, resource);
        if (silence !== undefined) resource.notApplicable(silence);
        if (problem !== undefined) report(problem);
      },
    })),
  });
}
