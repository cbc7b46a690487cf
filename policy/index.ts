/** The policy pack: `npm run preview -- --policy-pack policy`. A plan that breaks a rule is refused. */
import { servePack } from "./pack.ts";
import { rules } from "./rules.ts";

servePack(rules);
