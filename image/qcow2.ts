/** Facts of a qcow2 image's header that decide whether nodes may start from it. */
export interface Qcow2Header {
  /** Image that is expected instead, as a noun phrase; undefined when the image may be used. */
  readonly expected?: string;
  /** Size in bytes of the disk that a guest sees; 0 when the header cannot be read. */
  readonly virtualBytes: number;
}

/** Maximum size of a header with its extensions. QEMU keeps them in one cluster of at most 2 MiB (docs/interop/qcow2.rst). */
export const headerBytes = 2 << 20;

/** Size of the header without extensions in bytes, by version. */
const ownBytes = { 2: 72, 3: 104 } as const;

const magic = 0x514649fb;

/** Incompatible features that are allowed: the compression type, and extended L2 entries. */
const harmless = 0b11000n;
const externalData = 1n << 2n;

/**
 * Reads the header of a qcow2 image.
 *
 * Accepts only an image without references to other files. The hypervisor opens an image as root. A backing file or a data file
 * could be any file there, such as another user's, and would become part of a node's disk.
 */
export function readQcow2(bytes: Buffer): Qcow2Header {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== magic) return { expected: "a qcow2 image", virtualBytes: 0 };
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return { expected: "a qcow2 image of version 2 or 3", virtualBytes: 0 };
  if (bytes.length < ownBytes[version]) return { expected: "a complete qcow2 image", virtualBytes: 0 };
  const features = version === 2 ? 0n : bytes.readBigUInt64BE(72);
  const end = version === 2 ? ownBytes[2] : bytes.readUInt32BE(100);
  const expected = problemOf(bytes, features) ?? problemOfExtensions(bytes, end);
  return { ...(expected === undefined ? {} : { expected }), virtualBytes: Number(bytes.readBigUInt64BE(24)) };
}

const withoutDataFile = "a qcow2 image without an external data file (`qemu-img convert` makes one)";

/** Header extensions that refer to another file or encrypt the image, and the image that is expected instead. */
const extensions: Readonly<Record<number, string>> = {
  0x44415441: withoutDataFile,
  0x0537be77: "a qcow2 image without encryption",
};

function problemOf(bytes: Buffer, features: bigint): string | undefined {
  if (bytes.readBigUInt64BE(8) !== 0n || bytes.readUInt32BE(16) !== 0)
    return "a qcow2 image without a backing file (`qemu-img convert` makes one)";
  if ((features & externalData) !== 0n) return withoutDataFile;
  if (bytes.readUInt32BE(32) !== 0) return "a qcow2 image without encryption";
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) return "a qcow2 image with clusters of 512 bytes to 2 MiB";
  if (bytes.readBigUInt64BE(24) === 0n) return "a qcow2 image of a disk that is not empty";
  if ((features & ~harmless) !== 0n) return "a qcow2 image that is undamaged and of known features (`qemu-img check`)";
  return undefined;
}

/** Checks the header's extensions. Each has a type, a length and a content padded to eight bytes. Type 0 ends the list. */
function problemOfExtensions(bytes: Buffer, from: number): string | undefined {
  const last = Math.min(bytes.length, 2 ** bytes.readUInt32BE(20));
  for (let at = from; at + 8 <= last;) {
    const type = bytes.readUInt32BE(at);
    if (type === 0) return undefined;
    if (extensions[type] !== undefined) return extensions[type];
    at += 8 + Math.ceil(bytes.readUInt32BE(at + 4) / 8) * 8;
  }
  return undefined;
}
