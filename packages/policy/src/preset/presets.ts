import { consolePresets } from './console-presets.ts'
import { platformPresets } from './platform-presets.ts'
import type { Preset } from './preset.ts'
import { selfHostedPreset } from './self-hosted-preset.ts'
import { serverlessPresets } from './serverless-presets.ts'

/** Every preset, in the order in which they are offered. */
export const presets: readonly Preset[] = [...consolePresets, ...platformPresets, ...serverlessPresets, selfHostedPreset]
