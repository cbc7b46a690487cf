/**
 * Size in GiB that the command of a data disk's growth has given the disk; undefined without such a command.
 * @param command Inputs or outputs of the command (components/data-disk.ts).
 */
export function grownSize(command: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const { SIZE_GIB: size } = (command?.environment ?? {}) as Readonly<Record<string, unknown>>;
  return typeof size === "string" ? Number(size) : undefined;
}
