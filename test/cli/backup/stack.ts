import { join } from "node:path";
import { vi } from "vitest";
import { parseState, type StackState } from "../../../cli/stack/state.ts";
import { test } from "../../support/folder.ts";
import { urn } from "../../support/urn.ts";
import { fakePrograms } from "../diagnose/programs.ts";
import { complete, stackState } from "../diagnose/stack-state.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { snapshotOf } from "./streams.ts";

/** State of a cluster lab with the nodes master and worker-node-1. @param kubernetesVersion Output of the stack. */
export function stateOf(clusterId = "id-1", kubernetesVersion = "v1.36.3"): StackState {
  const { resources, pending } = parseState(stackState(complete));
  const own = [
    { urn: urn("pulumi:pulumi:Stack", "nodeforge-lab"), type: "pulumi:pulumi:Stack", outputs: { kubernetesVersion } },
    { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
    {
      urn: urn("random:index/randomUuid:RandomUuid", "lab-id"),
      type: "random:index/randomUuid:RandomUuid",
      outputs: { result: clusterId },
    },
  ];
  return { resources: [...own, ...resources], pending };
}

/** Session of stack lab whose programs are in `bin` of a folder. @param backupsKept Setting of the stack. */
export function sessionIn(folder: string, backupsKept = "") {
  return {
    stack: "lab",
    configFile: join(folder, "Pulumi.lab.yaml"),
    settings: () => settingsOf({ sshUser: "ops", sshAgent: "true", backupsKept }),
    variables: { PATH: `${join(folder, "bin")}:/usr/bin:/bin` },
  };
}

/** Pulumi that "encrypts" a setting by reversing it, and needs the passphrase in the file `passphrase` to be `right`. */
const pulumi = `
file=; words=("$@")
for ((i = 0; i < $#; i++)); do [[ \${words[i]} != --config-file ]] || file=\${words[i + 1]}; done
case "$2" in
set)
  grep -s . "$file" >>"$0.seen"
  grep -qs encryptionsalt "$file" || echo "encryptionsalt: v1:state" >>"$file"
  printf 'config:\\n  nodeforge:backupKey:\\n    secure: %s\\n' "$(rev)" >>"$file" ;;
get)
  [[ ! -e $0.wrong ]] || { echo "error: incorrect passphrase" >&2; exit 255; }
  sed -n 's/.*secure: //p' "$file" | rev ;;
esac`;

/** Finds the programs in `bin` of each test's folder before others. */
export function findProgramsInFolder(): void {
  test.beforeEach(({ folder }) => void vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env.PATH}`));
  test.afterEach(() => void vi.unstubAllEnvs());
}

/** Provides a fake pulumi and an ssh with this body in `bin` of a folder. */
export async function programsIn(folder: string, ssh: string): Promise<void> {
  await fakePrograms(join(folder, "bin"), { pulumi, ssh });
}

/** Body of an ssh whose control plane sends a backup. @param end Last lines of it. @param more Names of further files. */
export function sendingSsh(end = "echo '{\"complete\":true}'", more: readonly string[] = []): string {
  const blob = (bytes: Buffer) => JSON.stringify({ result: { blob: bytes.toString("base64") } });
  const file = (name: string) => JSON.stringify({ file: name, mode: "600", content: "YQ==" });
  const lines = [
    '{"kubernetesVersion":"v1.36.3","status":{"header":{"revision":"42"},"version":"3.6.8"}}',
    ...["pki/ca.crt", "pki/ca.key", "pki/sa.key", "pki/sa.pub", ...more].map(file),
    blob(snapshotOf(3).subarray(0, 700)),
    blob(snapshotOf(3).subarray(700)),
  ];
  return `cat >/dev/null; echo "[   1s] reading" >&2\ncat <<'LINES'\n${lines.join("\n")}\nLINES\n${end}`;
}
