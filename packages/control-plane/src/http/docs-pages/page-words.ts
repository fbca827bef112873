/** The words around the data, which itself is in English. */
export interface PageWords {
  readonly language: 'en' | 'fr'
  readonly title: string
  readonly introduction: string
  readonly machineReadable: string
  readonly problems: string
  readonly problemsIntroduction: string
  readonly right: string
  readonly parameters: string
  readonly body: string
  readonly answer: string
  readonly events: string
  readonly noAnswer: string
  readonly schemas: string
  readonly name: string
  readonly type: string
  readonly meaning: string
  readonly code: string
  readonly status: string
  readonly worthRepeating: string
  readonly required: string
  readonly retry: Readonly<Record<'never' | 'backoff' | 'reopen', string>>
}

const english: PageWords = {
  language: 'en',
  title: 'The API of Coffre',
  introduction:
    'Everything is below /api/v1, in JSON. Sign in with the header “Authorization: Bearer …”, a key or the token of a session.',
  machineReadable: 'For programs: OpenAPI 3.1',
  problems: 'Problems',
  problemsIntroduction: 'What is not done is answered by a problem (RFC 9457). Its code is stable: scripts may depend on it.',
  right: 'Right',
  parameters: 'Parameters',
  body: 'Body',
  answer: 'Answer',
  events: 'Events',
  noAnswer: 'no content',
  schemas: 'Schemas',
  name: 'Name',
  type: 'Type',
  meaning: 'Meaning',
  code: 'Code',
  status: 'Status',
  worthRepeating: 'Worth repeating as it is',
  required: 'required',
  retry: { never: 'no', backoff: 'yes, after a pause', reopen: 'yes, from the start' },
}

const french: PageWords = {
  language: 'fr',
  title: 'L’API de Coffre',
  introduction:
    'Tout est sous /api/v1, en JSON. Connectez-vous avec l’en-tête « Authorization: Bearer … », une clé ou le jeton d’une session.',
  machineReadable: 'Pour les programmes : OpenAPI 3.1',
  problems: 'Problèmes',
  problemsIntroduction:
    'Ce qui n’est pas fait reçoit un problème en réponse (RFC 9457). Son code est stable : les scripts peuvent s’y fier.',
  right: 'Droit',
  parameters: 'Paramètres',
  body: 'Corps',
  answer: 'Réponse',
  events: 'Événements',
  noAnswer: 'aucun contenu',
  schemas: 'Schémas',
  name: 'Nom',
  type: 'Type',
  meaning: 'Sens',
  code: 'Code',
  status: 'Statut',
  worthRepeating: 'Vaut d’être répété tel quel',
  required: 'obligatoire',
  retry: { never: 'non', backoff: 'oui, après une pause', reopen: 'oui, depuis le début' },
}

/** French for whoever prefers it to English. */
export function wordsFor(acceptLanguage: string | null): PageWords {
  const weights = new Map<string, number>()
  for (const part of (acceptLanguage ?? '').slice(0, 1000).split(',')) {
    const [tag = '', ...options] = part.trim().toLowerCase().split(';')
    const weight = Number(
      options
        .find((option) => option.trim().startsWith('q='))
        ?.trim()
        .slice(2) ?? 1,
    )
    const language = tag.split('-')[0] ?? ''
    weights.set(language, Math.max(weights.get(language) ?? 0, weight))
  }
  return (weights.get('fr') ?? 0) > (weights.get('en') ?? weights.get('*') ?? 0) ? french : english
}
