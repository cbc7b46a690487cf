/**
 * Makes the header of a qcow2 file of version 3 with a disk of one GiB, as `qemu-img create` writes it.
 * @param changed Numbers to write over it, by offset: a number has four bytes, a bigint eight.
 * @param extensions Header extensions, by type and content.
 */
export function qcow2(
  changed: Readonly<Record<number, number | bigint>> = {},
  extensions: readonly (readonly [type: number, content: Buffer])[] = [],
): Buffer {
  const header = Buffer.alloc(104);
  const fields = { 0: 0x514649fb, 4: 3, 20: 16, 24: 1n << 30n, 96: 4, 100: 104, ...changed };
  for (const [offset, value] of Object.entries(fields)) {
    if (typeof value === "bigint") header.writeBigUInt64BE(value, Number(offset));
    else header.writeUInt32BE(value, Number(offset));
  }
  const appended = extensions.flatMap(([type, content]) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(type, 0);
    head.writeUInt32BE(content.length, 4);
    return [head, content, Buffer.alloc((8 - (content.length % 8)) % 8)];
  });
  return Buffer.concat([header, ...appended]);
}
