/** What Coffre says of a point in the tags of its snapshot. Only what is no point of a source has a kind: `log` is a day of a log. */
const labelNames = ['source', 'engine', 'plan', 'rule', 'job', 'position', 'state', 'kind'] as const

export type PointLabels = Readonly<Partial<Record<(typeof labelNames)[number], string>>>

const prefix = 'coffre:'
/** restic's options take a comma for the end of a tag, and trim what is around it. */
const needsCare = /[%,\p{Cc}]|^\s|\s$/gu

/** The labels as tags, `coffre:key=value`. */
export function tagsOf(labels: PointLabels): string[] {
  return labelNames.flatMap((name) => {
    const value = labels[name]
    return value === undefined ? [] : [`${prefix}${name}=${encode(value)}`]
  })
}

/** The labels among a snapshot's tags; of several with one name the first. */
export function labelsOf(tags: readonly string[] = []): PointLabels {
  const labels: Partial<Record<(typeof labelNames)[number], string>> = {}
  for (const name of labelNames) {
    const start = `${prefix}${name}=`
    const tag = tags.find((candidate) => candidate.startsWith(start))
    if (tag !== undefined) labels[name] = decode(tag.slice(start.length))
  }
  return labels
}

function encode(value: string): string {
  return value.replace(needsCare, (character) => [...Buffer.from(character)].map(percent).join(''))
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** A foreign tag may hold a percent sign that stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
