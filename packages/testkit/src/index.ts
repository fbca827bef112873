export { backendContract } from './backend-contract/backend-contract.ts'
export type { ContractSubject, SubjectFactory } from './backend-contract/contract-subject.ts'
export { connectorContract } from './connector-contract/connector-contract.ts'
export type { ConnectorFactory, ConnectorSubject, GivenSource } from './connector-contract/connector-subject.ts'
export { MemoryPoint, type StreamWatcher } from './connector-contract/memory-point.ts'
export { type CrashPoint, type CrashVariant, crashVariants } from './crash/crash-point.ts'
export {
  type CrashOptions,
  type CrashState,
  crashAt,
  crashStates,
  type Recording,
  recordScenario,
  type Scenario,
} from './crash/crash-states.ts'
export { readStoredFiles, stateHash, writeStoredFiles } from './crash/stored-files.ts'
export { FakeClock, fakeContext } from './fake-clock.ts'
export { type Fault, type FaultOdds, FaultyBackend, type FaultyMethod } from './faulty-backend.ts'
export { largeBoundarySizes } from './file-trees/awkward-values.ts'
export { assertSameTree, treeDifferences } from './file-trees/compare-trees.ts'
export { chosen } from './file-trees/generated-content.ts'
export { GeneratedTree, type GeneratedTreeOptions } from './file-trees/generated-tree.ts'
export { type EntryDescription, type TreeDescription, TreeProcess } from './file-trees/tree-process.ts'
export {
  describeItems,
  type FileItemOptions,
  fileItem,
  folderItem,
  type ItemDescription,
  reusedChunks,
  symlinkItem,
} from './items.ts'
export { lockedBackup, lockedFixture, type StoredLock, storedLocks } from './locked-vault.ts'
export { type FixtureOptions, fixtureContext, fixturePassword, RepositoryFixture, type SourceFiles } from './repository-fixture.ts'
export { ResticVault, type VaultOptions } from './restic-vault.ts'
export { type ScriptedConfig, ScriptedConnector, type ScriptedSecrets } from './scripted-connector/scripted-connector.ts'
export { ScriptedEngine, type ScriptedEngineOptions } from './scripted-connector/scripted-engine.ts'
export type { ScriptedFault, ScriptedFaults, ScriptedStep } from './scripted-connector/scripted-faults.ts'
export { replayScriptedLog, type ScriptedChange, type ScriptedFiles } from './scripted-connector/scripted-log.ts'
export { SeededRandom, testSeed } from './seeded-random.ts'
export { findTool } from './services/find-tool.ts'
export { freePort } from './services/free-port.ts'
export { loopbackCertificate } from './services/loopback-certificate.ts'
export {
  type PostgresInstallation,
  type PostgresMajor,
  postgresInstallation,
  postgresMajors,
} from './services/postgres-installation.ts'
export { type PostgresClient, type PostgresOptions, PostgresServer } from './services/postgres-server.ts'
export { ResticOracle } from './services/restic-oracle.ts'
export { type ScriptedServer, type SeenRequest, startScriptedServer } from './services/scripted-server.ts'
export {
  type BucketOptions,
  type BucketRight,
  startVersitygw,
  type Versitygw,
  type VersitygwOptions,
} from './services/versitygw.ts'
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'
