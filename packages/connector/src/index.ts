export type { ChangeBatch } from './change-batch.ts'
export type {
  Connector,
  ConnectorAbilities,
  ForeseenRequest,
  Replay,
  ReplayRecord,
  ReplayStop,
  ReplayTarget,
  RestorePhase,
  RestoreReport,
  RestoreRequest,
  RestoreTarget,
  SnapshotEnd,
  SnapshotStream,
  Source,
  SourceLog,
  StoredPoint,
} from './connector.ts'
export type { Finding } from './finding.ts'
export type { ForeseenEngine, RestoreForesight } from './foresight.ts'
export type { FoldedDocument, FoldedEnd, FoldedItem, FoldedLog, FoldedPiece, LogFormat } from './log-format.ts'
export type { LogEvent, LogMapOptions, LogMinute } from './log-minute.ts'
export type { PointManifest } from './manifest.ts'
export type { ItemCut, ItemMetadata, PointFile, PointItem } from './point-item.ts'
export { type Branch, type BranchId, compareOffsets, formatPosition, type Mark, type Position, type Stamps } from './position.ts'
export type { TreeConnector, TreeSelection } from './tree-connector.ts'
