import { readDebian } from "../../../image/debian/debian.ts";
import { readDeclaration, type NodeDeclaration } from "../../../image/declaration.ts";
import { bootCommands } from "../../../image/debian/disk.ts";
import { containerConfig } from "../../../image/debian/docker-archive.ts";
import { rootFiles, type RootFile } from "../../../image/debian/root-files.ts";
import { programsOf } from "../../../image/debian/root-tree.ts";
import { addFile, addUnitText, at, Painter, type Picture } from "./picture.ts";

/** Returns the picture of the Debian image's node, read from the files that its builder writes. */
export function debianPicture(node: NodeDeclaration = readDeclaration()): Picture {
  const painter = new Painter();
  const debian = readDebian();
  for (const file of rootFiles(node, debian, "")) addRootFile(painter, file);
  for (const unit of node.unit) {
    const [program, ...rest] = programsOf(unit);
    painter.addSet(at(`unit ${unit.name}.service`, "calls"), new Set(rest.filter((name) => name !== program)));
  }
  const [, line = ""] = /^linux \S+ (.*)$/m.exec(bootCommands(debian.disk.label, node.kernel.parameters)) ?? [];
  painter.addSet("kernel parameter", line.split(" "));
  for (const image of Object.values(node.image))
    painter.addData(`container image ${image.name}`, containerConfig(image));
  return painter.picture;
}

const readers: readonly (readonly [RegExp, (painter: Painter, text: string, name: string) => void])[] = [
  [
    /^\/etc\/systemd\/system\/([^/]+?)(?:\.d\/[^/]+)?$/,
    (painter, text, unit) => addUnitText(painter, unit, installed(text)),
  ],
  [/^\/etc\/sysctl\.d\//, (painter, text) => addPairs(painter, "sysctl", text, " = ")],
  [/^\/etc\/modules-load\.d\//, (painter, text) => painter.addSet("kernel module", lines(text))],
  [/^\/etc\/modprobe\.d\//, (painter, text) => painter.addSet("kernel module that is never loaded", blacklisted(text))],
  [/^\/etc\/tmpfiles\.d\//, (painter, text) => painter.addSet("tmpfiles", lines(text))],
  [/^\/etc\/ssh\/sshd_config\.d\//, (painter, text) => addPairs(painter, "sshd", text, " ")],
  [/^\/etc\/cloud\/cloud\.cfg$/, (painter, text) => painter.addData("cloud-init", JSON.parse(text))],
];

function addRootFile(painter: Painter, file: RootFile): void {
  if ("link" in file) return addLink(painter, file.path, file.link);
  for (const [pattern, read] of readers) {
    const match = pattern.exec(file.path);
    if (match) return read(painter, file.text, match[1] ?? "");
  }
  addFile(painter, file.path, file.text);
}

function addLink(painter: Painter, path: string, link: string): void {
  const [, target, unit] = /^\/etc\/systemd\/system\/([^/]+)\.wants\/([^/]+)$/.exec(path) ?? [];
  const [, generator] = /^\/etc\/systemd\/system-generators\/([^/]+)$/.exec(path) ?? [];
  const [, masked] = /^\/etc\/systemd\/system\/([^/]+)$/.exec(path) ?? [];
  if (target && unit) painter.add(at(`unit ${unit}`, "WantedBy", target), "yes");
  else if (generator) painter.add(`generator ${generator}`, link);
  else if (masked && link === "/dev/null") painter.add(`masked ${masked}`, "yes");
  else painter.add(`file ${path}`, `-> ${link}`);
}

/** Returns a unit file without its [Install] section, because the image's links already replace it. */
function installed(text: string): string {
  return text.replace(/^\[Install\]\n(.+\n)*/m, "");
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter(Boolean);
}

function blacklisted(text: string): readonly string[] {
  return lines(text).map((line) => line.replace(/^blacklist /, ""));
}

function addPairs(painter: Painter, topic: string, text: string, between: string): void {
  for (const line of lines(text)) {
    const [key = "", ...value] = line.split(between);
    painter.add(at(topic, key), value.join(between));
  }
}
