/**
 * What only was read may have been logged, too, such as that a row is dead; nobody waits for that, and an idle server may leave it unflushed
 * for hours, and so unsent. A transaction of nothing but an id has the server flush it within its wal_writer_delay.
 */
export const flushNudge = 'select pg_current_xact_id()'
