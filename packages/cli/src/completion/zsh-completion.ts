import { shellTables } from './bash-completion.ts'
import type { CompletionTable } from './completion-table.ts'

/** A script for `source <(coffre completion zsh)`, or for a file named _coffre in a folder of $fpath. */
export function zshCompletion(table: CompletionTable): string {
  return `#compdef coffre
# Completion of coffre for zsh: source <(coffre completion zsh), after compinit
${shellTables(table)}
_coffre() {
  local path_words='' next i
  for ((i = 2; i < CURRENT; i++)); do
    next="\${path_words:+$path_words }\${words[i]}"
    if [[ -n "$(_coffre_words "$next")$(_coffre_options "$next")" ]]; then path_words=$next; fi
  done
  local values=$(_coffre_values "$path_words" "\${words[CURRENT - 1]}")
  if [[ -n $values ]]; then
    compadd -- \${=values}
  elif [[ \${words[CURRENT]} == -* ]]; then
    compadd -- \${=$(_coffre_options "$path_words")}
  elif [[ -n "$(_coffre_words "$path_words")" ]]; then
    compadd -- \${=$(_coffre_words "$path_words")}
  else
    _files
  fi
}

if [[ $funcstack[1] == _coffre ]]; then _coffre "$@"; else compdef _coffre coffre; fi
`
}
