import { open } from "node:fs/promises";

/** Machine of a program in its ELF header, by Node's name of the architecture (elf(5), e_machine). */
const machines: Readonly<Record<string, { readonly code: number; readonly name: string }>> = {
  x64: { code: 0x3e, name: "x86-64" },
  arm64: { code: 0xb7, name: "AArch64" },
};

const headerBytes = 64;
/** Type of the program header that names a dynamic loader. */
const interpreterType = 3;

/**
 * Returns the reason why a program cannot run on a node; undefined where it can: a static 64-bit ELF of the architecture.
 * @param architecture Node's name of it, e.g. `x64`. A node has the architecture of its hypervisor.
 */
export async function programProblem(path: string, architecture: string): Promise<string | undefined> {
  const file = await open(path, "r");
  try {
    const header = Buffer.alloc(headerBytes);
    const { bytesRead } = await file.read(header, 0, headerBytes, 0);
    if (bytesRead < headerBytes || header.toString("latin1", 0, 4) !== "\x7fELF") {
      return "it is no Linux program (ELF). Fix: build it with GOOS=linux";
    }
    if (header[4] !== 2 || header[5] !== 1) return "it is not a 64-bit little-endian program";
    const machine = machines[architecture];
    const code = header.readUInt16LE(18);
    if (code !== machine?.code) {
      const found = Object.values(machines).find((each) => each.code === code)?.name ?? `machine ${code}`;
      const wanted = machine?.name ?? architecture;
      return `it is for ${found}, expected ${wanted}. Fix: build it with GOARCH=${architecture === "x64" ? "amd64" : architecture}`;
    }
    // A program that is no executable, such as a core file or an object file, has another type.
    const type = header.readUInt16LE(16);
    if (type !== 2 && type !== 3) return `it is no executable: its ELF type is ${type}, expected 2 or 3`;
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = Buffer.alloc(size * count);
    const place = Number(header.readBigUInt64LE(32));
    const isPlace = size >= 4 && count > 0 && Number.isSafeInteger(place);
    if (!isPlace || (await file.read(table, 0, table.length, place)).bytesRead < table.length) {
      return "its ELF header is damaged";
    }
    const types = Array.from({ length: count }, (_, index) => table.readUInt32LE(index * size));
    return types.includes(interpreterType)
      ? "it needs a dynamic loader, and a node may lack its libraries. Fix: build it with CGO_ENABLED=0"
      : undefined;
  } finally {
    await file.close();
  }
}
