import type { CompletionTable } from './completion-table.ts'

/** A script for `source <(coffre completion bash)`. */
export function bashCompletion(table: CompletionTable): string {
  return `# Completion of coffre for bash: source <(coffre completion bash)
${shellTables(table)}
_coffre() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} path='' next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    if [[ -n "$(_coffre_words "$next")$(_coffre_options "$next")" ]]; then path=$next; fi
  done
  if [[ -n "$(_coffre_values "$path" "$before")" ]]; then
    COMPREPLY=($(compgen -W "$(_coffre_values "$path" "$before")" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_coffre_options "$path")" -- "$current"))
  elif [[ -n "$(_coffre_words "$path")" ]]; then
    COMPREPLY=($(compgen -W "$(_coffre_words "$path")" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}

complete -o filenames -F _coffre coffre ./coffre
`
}

/** Functions of the shell that print what may follow: words and options after a path, values after an option of it. */
export function shellTables({ words, options }: CompletionTable): string {
  const wordCases = [...words].map(([path, entries]) => shellCase(path, entries.map(({ word }) => word).join(' ')))
  const optionCases = [...options].map(([path, entries]) => shellCase(path, entries.map(({ word }) => word).join(' ')))
  const valueCases = [...options].flatMap(([path, entries]) =>
    entries.flatMap(({ word, choices }) => (choices.length === 0 ? [] : [shellCase(`${path} ${word}`, choices.join(' '))])),
  )
  return [
    shellFunction('_coffre_words', '$1', wordCases),
    shellFunction('_coffre_options', '$1', optionCases),
    shellFunction('_coffre_values', '$1 $2', valueCases),
  ].join('\n')
}

function shellCase(pattern: string, printed: string): string {
  return `    '${pattern}') echo '${printed}' ;;`
}

function shellFunction(name: string, subject: string, cases: readonly string[]): string {
  return `${name}() {\n  case "${subject}" in\n${cases.join('\n')}\n  esac\n}\n`
}
