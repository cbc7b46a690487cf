/** New value of each flag of a program, or undefined for a flag that it starts without. */
export type FlagChanges = Readonly<Record<string, string | undefined>>;

/**
 * Returns a command with other flags. A program adds the values of a repeated flag up, so each flag is replaced where it stands.
 * @param command Program and arguments, each `--flag=value`.
 */
export function withFlags(command: readonly string[], changes: FlagChanges): readonly string[] {
  const flagOf = (argument: string) => /^--([\w-]+)(=|$)/.exec(argument)?.[1];
  const argumentOf = (flag: string) => (changes[flag] === undefined ? [] : [`--${flag}=${changes[flag]}`]);
  const present = new Set(command.map(flagOf));
  return [
    ...command.flatMap((argument) => {
      const flag = flagOf(argument);
      return flag === undefined || !(flag in changes) ? [argument] : argumentOf(flag);
    }),
    ...Object.keys(changes)
      .filter((flag) => !present.has(flag))
      .flatMap(argumentOf),
  ];
}
