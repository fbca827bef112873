/** The languages that Coffre speaks to people. */
export type Language = 'en' | 'fr'

/** One text in each of them. */
export type Text = Readonly<Record<Language, string>>
