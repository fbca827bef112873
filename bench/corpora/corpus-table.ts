import type { Corpus } from './corpus.ts'
import { installedPackagesCorpus } from './installed-packages-corpus.ts'
import { postgresqlCorpus } from './postgresql-corpus.ts'
import { randomCorpus } from './random-corpus.ts'
import { sourceArchiveCorpus } from './source-archive-corpus.ts'
import { sourceTreeCorpus } from './source-tree-corpus.ts'

/** The corpora of a full run, in order. */
export const corpusTable: readonly Corpus[] = [randomCorpus, sourceArchiveCorpus, sourceTreeCorpus, postgresqlCorpus]

/** Those of the smoke run need nothing that is not there anyway. */
export const smokeCorpora: readonly Corpus[] = [randomCorpus, installedPackagesCorpus]
