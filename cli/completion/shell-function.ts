import { quoted } from "../../lib/shell.ts";

/** A shell with a completion. */
export type Shell = "bash" | "zsh" | "fish";

/**
 * Returns the function `nodeforge` of a shell and its completion, for the shell to evaluate.
 *
 * The function does what an npm script does, without npm: it needs no `--` before options, and works in each folder. INIT_CWD is the variable by which npm tells the user's folder.
 * @param candidates Script of candidatesScript.
 */
export function shellFunction(shell: Shell, candidates: string, checkout: string): string {
  const program = `${checkout}/tools/with-packages`;
  if (shell === "fish") return fish(fishQuoted(program), fishQuoted(candidates));
  const start = `nodeforge() {
  INIT_CWD=$PWD bash ${quoted(program)} cli/main.ts "$@"
}
`;
  return start + (shell === "bash" ? bash(quoted(candidates)) : zsh(quoted(candidates)));
}

function bash(candidates: string): string {
  return `_nodeforge() {
  local line current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default
      continue
    fi
    line=\${line%%$'\\t'*}
    [[ $current == = || $line == "$current"* ]] && COMPREPLY+=("$line")
  done < <(bash --norc -c ${candidates} nodeforge "$current" "\${COMP_WORDS[@]:1:COMP_CWORD-1}")
}
complete -F _nodeforge nodeforge
`;
}

function zsh(candidates: string): string {
  return `_nodeforge() {
  local line
  local -a described
  for line in "\${(@f)$(bash --norc -c ${candidates} nodeforge "\${words[CURRENT]}" "\${(@)words[2,CURRENT-1]}")}"; do
    case $line in
    :files) _files ;;
    '') ;;
    *$'\\t'*) described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    *) described+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( $#described )) && _describe -V nodeforge described
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _nodeforge nodeforge
`;
}

function fish(program: string, candidates: string): string {
  return `function nodeforge
  env INIT_CWD=$PWD bash ${program} cli/main.ts $argv
end
function __nodeforge_candidates
  set -l current (commandline -ct)
  set -l before (commandline -opc)
  for line in (bash --norc -c ${candidates} nodeforge "$current" $before[2..-1])
    if test "$line" = :files
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c nodeforge -f -a '(__nodeforge_candidates)'
`;
}

/** fish knows two escapes in single quotes. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
