/**
 * Limits the stack traces of this process to one frame, the origin of an error. `NODEFORGE_DEBUG=1` keeps whole ones.
 *
 * Pulumi's Node SDK formats a stack trace for each of its promises (`runtime/debuggable.js` of 3.250.0). A worker has about 440
 * promises. Their whole traces took a third of the program's CPU time and of its memory.
 */
export function limitStackTraces(environment: NodeJS.ProcessEnv = process.env): void {
  if (!environment.NODEFORGE_DEBUG) Error.stackTraceLimit = 1;
}
