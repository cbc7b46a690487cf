import { Resource } from "@pulumi/pulumi";

/**
 * Limits the stack traces of this process to one frame, the origin of an error. `NODEFORGE_DEBUG=1` keeps whole ones.
 *
 * Pulumi's Node SDK formats a stack trace for each of its promises (`runtime/debuggable.js` of 3.250.0). A worker has about 440
 * promises. Their whole traces took a third of the program's CPU time and of its memory.
 *
 * The SDK also takes a whole trace for each resource (`resource.js`). The state would keep it, 3.5 KB for a worker, and nothing
 * reads it. Its run command maps each frame to a source (`cmd/run/index.js`), but Node runs the sources themselves.
 */
export function limitStackTraces(environment: NodeJS.ProcessEnv = process.env): void {
  if (environment.NODEFORGE_DEBUG) return;
  Error.stackTraceLimit = 1;
  Reflect.deleteProperty(Error, "prepareStackTrace");
  Object.assign(Resource, { stackTrace: () => [] });
}
