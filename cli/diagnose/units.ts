import { find, symptom, type Evidence, type Symptom } from "./evidence.ts";

/** A unit as `systemctl show` prints it. */
type Unit = Readonly<Record<string, string>>;

/** Finds nodes on which one of these units does not run. A unit whose start condition is not met is not down. */
export function unitsDown(evidence: Evidence, names: readonly string[]): readonly Symptom[] {
  return evidence.nodes.flatMap(({ name: node }) =>
    readUnits(find(evidence, "units", node)?.text ?? "")
      .filter((unit) => names.includes(nameOf(unit)) && isDown(unit))
      .map((unit) => symptom("units", inWords(unit), node)),
  );
}

/** Finds units that a node's image lacks. */
export function unitsMissing(evidence: Evidence): readonly Symptom[] {
  return evidence.nodes.flatMap(({ name: node }) =>
    readUnits(find(evidence, "units", node)?.text ?? "")
      .filter(({ LoadState }) => LoadState === "not-found")
      .map((unit) => symptom("units", `Unit ${unit.Id ?? ""} not found`, node)),
  );
}

function readUnits(text: string): readonly Unit[] {
  return text
    .split("\n\n")
    .map(
      (block) =>
        Object.fromEntries([...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value])) as Unit,
    )
    .filter(({ Id }) => Id !== undefined);
}

function isDown({ Id, LoadState, ActiveState, SubState, ConditionResult, NRestarts = "0" }: Unit): boolean {
  if (LoadState !== "loaded") return false;
  // systemd restarts a failing unit repeatedly, so its state is often "starting".
  const loops = ActiveState === "activating" && (SubState === "auto-restart" || Number(NRestarts) > 2);
  const stopped = ActiveState === "inactive" && (ConditionResult === "yes" || Id === "containerd.service");
  return ActiveState === "failed" || loops || stopped;
}

function nameOf({ Id = "" }: Unit): string {
  return Id.replace(/\.service$/, "");
}

function inWords({ Id = "", ActiveState = "", SubState = "", Result = "", NRestarts = "" }: Unit): string {
  return `${Id} is ${ActiveState} (${SubState}), result ${Result}, ${NRestarts} restarts`;
}
