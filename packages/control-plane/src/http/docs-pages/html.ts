/** Text that is HTML already, and is not escaped again. */
export interface Html {
  readonly html: string
}

type Piece = string | number | Html | readonly Html[] | undefined

/** Builds HTML; everything that is put in is escaped unless it is HTML by its type. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { html: strings.map((text, i) => text + render(pieces[i])).join('') }
}

function render(piece: Piece): string {
  if (piece === undefined) return ''
  if (typeof piece === 'string' || typeof piece === 'number') return escaped(String(piece))
  return 'html' in piece ? piece.html : piece.map((part) => part.html).join('\n')
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
