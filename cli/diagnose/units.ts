import { find, sign, type Evidence, type Sign } from "./evidence.ts";

/** A unit as `systemctl show` prints it. */
type Unit = Readonly<Record<string, string>>;

/** Nodes on which one of these units should run and does not. One whose condition is not met yet is only quiet. */
export function unitsDown(evidence: Evidence, names: readonly string[]): readonly Sign[] {
  return evidence.nodes.flatMap(({ name: node }) =>
    readUnits(find(evidence, "units", node)?.text ?? "")
      .filter((unit) => names.includes(nameOf(unit)) && isDown(unit))
      .map((unit) => sign("units", inWords(unit), node)),
  );
}

/** Units that a node's image does not have. */
export function unitsMissing(evidence: Evidence): readonly Sign[] {
  return evidence.nodes.flatMap(({ name: node }) =>
    readUnits(find(evidence, "units", node)?.text ?? "")
      .filter(({ LoadState }) => LoadState === "not-found")
      .map((unit) => sign("units", `Unit ${unit.Id ?? ""} not found`, node)),
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
  // systemd starts a unit that gives up again and again, so it is seen starting as often as failing.
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
