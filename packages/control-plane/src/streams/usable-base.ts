import { type RawBuilder, sql } from 'kysely'

/**
 * In a query with `stream` and `point`: whether log of the stream can be replayed on the point. Its own log has to begin after the
 * epoch stood; on another branch than that, which has no order to it, times have to do.
 */
export const isUsableBase: RawBuilder<boolean> = sql`(point.source_id = stream.source_id and point.vault_id = stream.vault_id
  and point.deletion_date is null and point.state in ('COMPLETED', 'AVAILABLE') and point.verification <> 'FAILED'
  and point.quarantine is null
  and case when point.manifest->'begin'->>'branch' = stream.epoch_branch
    then (point.manifest->'begin'->>'offset') collate "C" >= stream.epoch_offset collate "C"
    else point.created_at >= stream.epoch_at end)`
