/** Words that the launcher takes for itself: Coffre's own processes, and what works on the catalogue while there is no server. */
export const launcherWords = ['server', 'worker', 'catalogue'] as const
