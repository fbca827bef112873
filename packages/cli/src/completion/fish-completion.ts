import type { CompletionTable } from './completion-table.ts'

/** A script for `coffre completion fish | source`, or for a file in ~/.config/fish/completions. */
export function fishCompletion({ words, options }: CompletionTable): string {
  const paths = [...new Set([...words.keys(), ...options.keys()])].filter((path) => path !== '')
  const wordLines = [...words].flatMap(([path, entries]) =>
    entries.map(({ word, text }) => `complete -c coffre -n ${at(path)} -f -a ${quoted(word)}${described(text)}`),
  )
  const optionLines = [...options].flatMap(([path, entries]) =>
    entries.map(({ word, short, text, takesValue, choices }) => {
      const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${word.slice(2)}`
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : ''
      return `complete -c coffre -n ${at(path)}${names}${value}${described(text)}`
    }),
  )
  return `# Completion of coffre for fish: coffre completion fish | source
function __coffre_at
    set -l known ${paths.map(quoted).join(' ')}
    set -l path ''
    for word in (commandline -opc)[2..]
        set -l next (string trim "$path $word")
        contains -- $next $known; and set path $next
    end
    test "$path" = "$argv[1]"
end

${[...wordLines, ...optionLines].join('\n')}
`
}

function at(path: string): string {
  return `"__coffre_at '${path}'"`
}

function described(text: string): string {
  return text === '' ? '' : ` -d ${quoted(text)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
