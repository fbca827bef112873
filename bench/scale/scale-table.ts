import { baseScale } from '../postgresql/base-scale.ts'
import { logScale } from '../postgresql/log-scale.ts'
import { indexScale } from './index-scale.ts'
import { millionFilesScale } from './million-files-scale.ts'
import { pruneScale } from './prune-scale.ts'
import type { ScaleRun } from './scale-run.ts'

export const scaleTable: readonly ScaleRun[] = [indexScale, pruneScale, millionFilesScale, baseScale, logScale]
