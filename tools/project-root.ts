import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout, without a slash at its end. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))
