/** Member of an archive. Every member belongs to root and dates from 1970, so equal content makes equal bytes. */
export interface Member {
  /** Relative to the archive's root, without a leading slash. */
  readonly path: string;
  readonly mode: number;
  /** Content of a file. A directory has neither this nor a target. */
  readonly content?: Buffer;
  /** Target of a symbolic link. */
  readonly link?: string;
}

/**
 * Returns a tar archive (ustar).
 * @throws when a path is longer than the format's 100 bytes.
 */
export function tar(members: readonly Member[]): Buffer {
  const blocks = members.flatMap((member) => {
    const content = member.content ?? Buffer.alloc(0);
    return [tarHeader(member, content.length), content, padding(content.length, 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Returns a cpio archive in the "newc" format, which Linux unpacks as its first root file system. */
export function cpio(members: readonly Member[]): Buffer {
  const trailer: Member = { path: "TRAILER!!!", mode: 0 };
  return Buffer.concat([...members, trailer].flatMap((member, index) => cpioEntry(member, index)));
}

function tarHeader(member: Member, size: number): Buffer {
  const header = Buffer.alloc(512);
  const bytes = Buffer.byteLength(member.path);
  if (bytes > 100)
    throw new Error(`a tar archive cannot hold ${member.path}: the path has ${bytes} bytes, expected at most 100`);
  header.write(member.path, 0);
  header.write(octal(member.mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  // The checksum counts its own field as blanks.
  header.write(" ".repeat(8), 148);
  header.write(member.link ? "2" : member.content ? "0" : "5", 156);
  header.write(member.link ?? "", 157);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function cpioEntry(member: Member, index: number): Buffer[] {
  const type = member.link ? 0o120000 : member.content ? 0o100000 : 0o040000;
  const content = member.link ? Buffer.from(member.link) : (member.content ?? Buffer.alloc(0));
  const name = Buffer.from(`${member.path}\0`);
  const trailer = member.mode === 0;
  const fields = [trailer ? 0 : index + 1, trailer ? 0 : type | member.mode, 0, 0, 1, 0, content.length];
  const device = [0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${[...fields, ...device].map(hex).join("")}`);
  return [header, name, padding(header.length + name.length, 4), content, padding(content.length, 4)];
}

function padding(length: number, block: number): Buffer {
  return Buffer.alloc((block - (length % block)) % block);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
