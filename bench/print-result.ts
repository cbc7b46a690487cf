/**
 * Prints the result of a program as a JSON line, and ends the program, whose connections would keep it alive. An exit before the
 * end of the write would cut a long line off.
 */
export function printResult(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}
