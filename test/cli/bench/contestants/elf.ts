/** Machine of this computer in an ELF header. */
export const machine = process.arch === "x64" ? 0x3e : 0xb7;

/** Returns a program's ELF header with one program header of a type: 1 is loaded, 3 names a dynamic loader. */
export function elf(changes: { machine?: number; header?: number; class?: number; type?: number } = {}): Buffer {
  const file = Buffer.alloc(64 + 56);
  file.write("\x7fELF", "latin1");
  file.set([changes.class ?? 2, 1, 1], 4);
  file.writeUInt16LE(changes.type ?? 2, 16);
  file.writeUInt16LE(changes.machine ?? machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(changes.header ?? 1, 64);
  return file;
}
