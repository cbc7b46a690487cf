/**
 * Ends this process as soon as its output has no reader any more, so after the end of Pulumi's language host.
 *
 * Pulumi's run command logs every uncaught error (`cmd/run/run.js` of 3.250.0). To log is a write, which then fails as the one
 * before it. After a kill of Pulumi, the program therefore looped on a whole processor. Its memory grew by 50 MB a second.
 */
export function endWithoutReader(): void {
  for (const output of [process.stdout, process.stderr]) output.on("error", () => process.exit(1));
}
