export type { FilesConfig } from './config.ts'
export { filesConnector } from './connector.ts'
