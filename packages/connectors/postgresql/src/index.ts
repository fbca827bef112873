export type { PostgresqlConfig, PostgresqlSecrets } from './config.ts'
export { createPostgresqlConnector, postgresqlConnector } from './connector.ts'
export type { PostgresqlSettings } from './settings.ts'
