/** Days after which `prune` removes what was not used, unless it is told another number. */
export const defaultDays = 30;

/**
 * Reads `--older-than DAYS`.
 * @param command What it belongs to, for the error.
 * @returns days; {@link defaultDays} without arguments.
 * @throws when there is anything else, or no whole number of at least 1.
 */
export function readDays(command: string, args: readonly string[]): number {
  if (args.length === 0) return defaultDays;
  const [, days] = /^--older-than[ =]([1-9]\d{0,4})$/.exec(args.join(" ")) ?? [];
  if (days === undefined) {
    throw new Error(
      `${command} knows \`--older-than DAYS\`, a whole number of at least 1 (default ${defaultDays}), not \`${args.join(" ")}\``,
    );
  }
  return Number(days);
}

/** The moment that lies so many days back, in milliseconds since 1970. */
export function daysBefore(days: number, now = Date.now()): number {
  return now - days * 86_400_000;
}
