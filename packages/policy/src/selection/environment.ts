/** How critical what is protected is; the names that documents and teams give it are many. */
export const environments = ['critical', 'production', 'staging', 'development', 'lab'] as const
export type Environment = (typeof environments)[number]

/** Other names, compared in lower case and without separators: `Staging / QA` is `stagingqa`. */
const aliases: Readonly<Record<Environment, readonly string[]>> = {
  critical: ['criticalproduction', 'productioncritical', 'prodcritical'],
  production: ['prod', 'prd', 'live', 'standard', 'standardproduction', 'productionstandard', 'prodstandard'],
  staging: ['stage', 'stg', 'qa', 'stagingqa', 'preprod', 'preproduction', 'uat', 'test', 'testing'],
  development: ['dev', 'develop'],
  lab: ['laboratory', 'sandbox'],
}

/** The environment that a name means, in any of its spellings; `undefined` when it means none. */
export function environmentOf(name: string): Environment | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return environments.find((environment) => environment === plain || aliases[environment].includes(plain))
}
