export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
/** Twenty-four hours as they pass: a day of the calendar can be an hour shorter or longer. */
export const dayMs = 24 * hourMs
