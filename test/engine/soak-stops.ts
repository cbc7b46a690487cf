import type { TestStack } from "./stack.ts";
import { PartlyCreated, type Call } from "./world.ts";

/** Operations at which a run can end early. */
export const moments = {
  "base image": /^create Volume base$/,
  "root disk": /^create Volume .*-root$/,
  "seed disk": /^create Volume .*-seed$/,
  domain: /^create Domain /,
  "host key": /^create Command .*-host-key$/,
  initialization: /^update Command master-init$/,
  token: /^create Command .*-token$/,
  join: /^create Command .*-join$/,
  "worker's readiness": /^(create|update) Command worker-.*-ready$/,
  "cluster's readiness": /^(create|update) Command ready$/,
  "add-on": /^(create|update) (ConfigMap|Deployment|DaemonSet) /,
  drain: /^delete Command .*-token$/,
  shutdown: /^delete Command .*-host-key$/,
  "removal of a domain": /^delete Domain /,
  "removal of a root disk": /^delete Volume .*-root$/,
  "removal of a base image": /^delete Volume base$/,
} as const;

export const ways = ["kill before", "kill after", "fail before", "fail after", "interrupt"] as const;

/** End of a run at the first operation of a kind, before or after the effect of that operation. */
export interface Stop {
  readonly at: keyof typeof moments;
  readonly how: (typeof ways)[number];
}

/** Plans the end of the next run. Returns a function that tells whether the run came to it. */
export function plan(stack: TestStack, { at, how }: Stop): () => boolean {
  let hasStopped = false;
  stack.world.on(how.endsWith("after") ? "after" : "before", moments[at], (call) => {
    if (hasStopped) return;
    hasStopped = true;
    end(stack, how, call);
  });
  return () => hasStopped;
}

function end(stack: TestStack, how: Stop["how"], call: Call): void {
  switch (how) {
    case "kill before":
      stack.cli.kill();
      throw new Error("killed");
    case "kill after":
      stack.cli.kill();
      return;
    case "fail before":
      throw new Error("planned by the soak");
    case "fail after":
      throw failureAfter(stack, call);
    case "interrupt":
      stack.cli.interrupt();
  }
}

/** Error of an operation that had an effect, as the real plugins report it. */
function failureAfter(stack: TestStack, { action, resource }: Call): Error {
  const message = "planned by the soak, after the effect";
  if (action !== "create") return new Error(message);
  // The provider records a volume before its upload.
  if (resource.startsWith("Volume")) return new PartlyCreated(message);
  // A domain that cannot start stays defined, and the engine gets no id.
  if (resource.startsWith("Domain")) {
    const name = `lab-${resource.replace("Domain ", "")}`;
    const domain = stack.world.named("Domain", name);
    if (domain) stack.guests.stop(domain.id);
  }
  return new Error(message);
}
