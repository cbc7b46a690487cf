/** Days after which `prune` deletes what was not used, unless an option names another number. */
export const defaultDays = 30;

/** Returns the time that many days ago, in milliseconds since 1970. */
export function daysBefore(days: number, now = Date.now()): number {
  return now - days * 86_400_000;
}
