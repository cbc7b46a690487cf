import type { OpenSession } from "../../../cli/session.ts";
import { settingsOf } from "../stack/stack-settings.ts";

/** A session on a stack that names no image and has a cluster with kwok. */
export function sessionWithKwok({
  stack,
  backend,
  outputs = {},
}: {
  readonly stack: string;
  /** URL of the backend. */
  readonly backend: string;
  /** Further outputs of the stack. @default none */
  readonly outputs?: object;
}): OpenSession {
  const refuse = () => Promise.reject(new Error("not in this test"));
  const cluster = { nodes: [], apiEndpoint: "https://192.0.2.1:6443", simulatedNodes: { sim: 1 }, ...outputs };
  return {
    stack,
    variables: { PULUMI_BACKEND_URL: backend },
    settings: () => settingsOf({}),
    pulumi: refuse,
    createStack: refuse,
    withImage: refuse,
    capture: (args) =>
      Promise.resolve(JSON.stringify(args.includes("output") ? cluster : { deployment: { resources: [] } })),
  };
}
