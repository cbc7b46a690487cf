/** Formats memory as GiB with at most one decimal; `?` where it is unknown. */
export function memoryText(memoryMiB: number | undefined): string {
  return memoryMiB === undefined ? "?" : `${Math.round((memoryMiB / 1024) * 10) / 10} GiB`;
}
