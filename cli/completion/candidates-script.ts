import { quoted } from "../../lib/shell.ts";
import type { CommandWords, Value, Word } from "./command-words.ts";

/**
 * Returns a bash script that prints the words which may stand at a place of a command line.
 *
 * Its first argument is the word at the cursor, and the others are the words between `nodeforge` and that word. It prints a line
 * for each candidate: the word, and after a tab its meaning where there is one. The line `:files` means the paths of files. The
 * shell chooses the candidates that begin as the word does.
 *
 * All shells use this one script, because only bash is on each machine (tools/with-packages needs it). It has the words of
 * all commands, so a key press starts no Node. Only the names of nodes need one.
 */
export function candidatesScript(commands: readonly CommandWords[], checkout: string): string {
  return `checkout=${quoted(checkout)}
# Prints the subcommands of a command.
subcommands() {
  case $1 in
${cases(commands, ({ path, subcommands }) => [[path, subcommands]])}
  esac
}
# Prints the options of a command.
options() {
  case $1 in
${cases(commands, ({ path, options }) => [[path, options.flatMap(({ words }) => words)]])}
  esac
}
# Prints the candidates for the value of an option of a command, and nothing for an option without a value.
value_of() {
  case "$1 $2" in
${cases(commands, ({ path, options }) =>
  options.flatMap(({ words, value }) =>
    value === undefined ? [] : words.map(({ word }) => [`${path} ${word}`, wordsFor(value)] as const),
  ),
)}
  esac
}
# Prints the candidates for an argument of a command, by its place from 0.
argument_of() {
  case "$1 $2" in
${cases(commands, ({ path, takes }) => takes.map((value, place) => [`${path} ${place}`, wordsFor(value)] as const))}
  esac
}
passes_on() {
  case $1 in
${commands
  .filter(({ passesOn }) => passesOn)
  .map(({ path }) => `  ${quoted(path)}) return 0 ;;`)
  .join("\n")}
  esac
  return 1
}
${driver}`;
}

type Case = readonly [pattern: string, words: readonly Word[]];

function cases(commands: readonly CommandWords[], of: (command: CommandWords) => readonly Case[]): string {
  return commands
    .flatMap(of)
    .filter(([, words]) => words.length > 0)
    .map(([pattern, words]) => `  ${quoted(pattern)}) printf '%s\\n' ${words.map(line).map(quoted).join(" ")} ;;`)
    .join("\n");
}

/** A line of the output. A shell reads lines, and a tab ends the word. */
function line({ word, meaning }: Word): string {
  return meaning === "" ? word : `${word}\t${meaning.replace(/\s+/g, " ")}`;
}

function wordsFor(value: Value): readonly Word[] {
  const words = typeof value === "string" ? [`:${value}`] : value;
  return words.map((word) => ({ word, meaning: "" }));
}

const driver = `# Replaces the kinds of candidates that only this moment knows.
expand() {
  local kind file
  while IFS= read -r kind; do
    case $kind in
    :free) ;;
    :stacks)
      for file in "$checkout"/Pulumi.*.yaml; do
        [[ -e $file ]] || continue
        file=\${file##*/Pulumi.}
        printf '%s\\n' "$prefix\${file%.yaml}"
      done
      ;;
    :nodes)
      # Without packages, this would install them at a key press.
      [[ -e $checkout/node_modules/.package-lock.json ]] &&
        bash "$checkout/tools/with-packages" cli/main.ts completion nodes \${stack:+--stack "$stack"} 2>/dev/null </dev/null
      ;;
    :files) [[ -n $prefix ]] || printf ':files\\n' ;;
    *) printf '%s\\n' "$prefix$kind" ;;
    esac
  done
}
current=\${1-}
shift
command='' waiting='' place=0 stack='' prefix=''
for word in "$@"; do
  # bash splits --format=svg into three words.
  [[ $word == = ]] && continue
  if [[ -n $waiting ]]; then
    [[ $waiting == :stacks ]] && stack=$word
    waiting=''
    continue
  fi
  case $word in
  --stack=*) stack=\${word#*=} ;;
  --*=*) ;;
  -*) waiting=$(value_of "$command" "$word") ;;
  *)
    if [[ $place == 0 ]] && subcommands "$command" | cut -f 1 | grep -qxF -e "$word"; then
      command=\${command:+$command }$word
    else
      place=$((place + 1))
    fi
    ;;
  esac
done
[[ $current == = ]] && current=''
if [[ $place -gt 0 ]] && passes_on "$command"; then
  printf ':files\\n'
elif [[ -n $waiting ]]; then
  printf '%s\\n' "$waiting" | expand
elif [[ $current == --*=* ]]; then
  prefix=\${current%%=*}=
  value_of "$command" "\${current%%=*}" | expand
elif [[ $current == -* ]]; then
  options "$command"
else
  [[ $place == 0 ]] && subcommands "$command"
  argument_of "$command" "$place" | expand
fi
true
`;
