import { diskRules } from "./disk-rules.ts";
import { domainRules } from "./domain-rules.ts";
import type { Rule } from "./rule.ts";
import { stepRules } from "./step-rules.ts";

/** All rules of the policy pack. */
export const rules: readonly Rule[] = [...domainRules, ...diskRules, ...stepRules];
