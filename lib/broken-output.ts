/**
 * Ends this process as soon as nothing reads its output any more, so after the end of Pulumi's language host.
 *
 * Pulumi's run command logs every uncaught error, also that of a write that nobody reads (`cmd/run/run.js` of 3.250.0). To log
 * is such a write again. After a kill of Pulumi, the program therefore looped on a whole processor, and its memory grew by 50 MB
 * a second.
 */
export function endWithoutReader({ stdout, stderr, exit } = process): void {
  for (const output of [stdout, stderr]) output.on("error", () => exit(1));
}
