import type { ApprovalView, HoldView, JobView, PointView, SourceView, UserView, VaultView } from '@coffre/api-contract'

const at = '2026-11-21T12:00:00.000Z'

/** An id that tells which one it is. */
export function exampleId(number: number): string {
  return `01a1ff30-0000-7000-8000-${String(number).padStart(12, '0')}`
}

export function exampleVault(parts: Partial<VaultView> = {}): VaultView {
  return {
    id: exampleId(1),
    name: 'main',
    state: 'AVAILABLE',
    location: '/vaults/main',
    repositoryId: 'ab'.repeat(32),
    region: 'local',
    account: '000000000000',
    classification: null,
    lock: null,
    points: 0,
    sizeBytes: 0,
    tags: {},
    createdAt: at,
    ...parts,
  }
}

export function exampleSource(parts: Partial<SourceView> = {}): SourceView {
  return {
    id: exampleId(2),
    name: 'docs',
    engine: 'files',
    state: 'READY',
    config: { paths: ['/docs'] },
    tier: null,
    environment: null,
    region: 'local',
    account: '000000000000',
    tags: {},
    findings: [],
    checkedAt: at,
    createdAt: at,
    lastPointAt: null,
    nextRunAt: null,
    ...parts,
  }
}

export function exampleJob(parts: Partial<JobView> = {}): JobView {
  return {
    id: exampleId(3),
    kind: 'BACKUP',
    state: 'RUNNING',
    message: null,
    source: { id: exampleId(2), name: 'docs' },
    vault: { id: exampleId(1), name: 'main' },
    plan: null,
    pointId: null,
    attempt: 1,
    phase: null,
    percent: 50,
    bytesDone: 512,
    bytesTotal: 1024,
    itemsDone: 1,
    itemsTotal: 2,
    expectedEndAt: null,
    startBy: null,
    completeBy: null,
    createdAt: at,
    startedAt: at,
    completedAt: null,
    error: null,
    result: null,
    ...parts,
  }
}

export function endedJob(state: JobView['state'], parts: Partial<JobView> = {}): JobView {
  return exampleJob({ state, percent: 100, completedAt: '2026-11-21T12:00:05.000Z', ...parts })
}

export function examplePoint(parts: Partial<PointView> = {}): PointView {
  return {
    id: exampleId(4),
    source: { id: exampleId(2), name: 'docs' },
    engine: 'files',
    vault: { id: exampleId(1), name: 'main' },
    snapshotId: 'cd'.repeat(32),
    state: 'COMPLETED',
    message: null,
    verification: 'SAMPLED',
    verifiedAt: at,
    consistentAt: at,
    createdAt: at,
    completedAt: at,
    sizeBytes: 2048,
    storedBytes: 1024,
    items: 2,
    deleteAt: null,
    lockUntil: null,
    keepLevels: [],
    holds: [],
    rule: null,
    tags: {},
    ...parts,
  }
}

export function exampleHold(parts: Partial<HoldView> = {}): HoldView {
  return {
    id: exampleId(5),
    title: 'case 7',
    description: 'the court asks',
    state: 'ACTIVE',
    query: { vaults: [], sources: [exampleId(2)], createdAfter: null, createdBefore: null },
    points: 3,
    createdAt: at,
    createdBy: 'user:ada',
    liftedAt: null,
    liftReason: null,
    ...parts,
  }
}

export function exampleApproval(parts: Partial<ApprovalView> = {}): ApprovalView {
  return {
    id: exampleId(6),
    operation: 'holds.lift',
    target: { kind: 'hold', id: exampleId(5) },
    request: {},
    reason: 'the case is over',
    state: 'PENDING',
    votesNeeded: 2,
    requestedBy: 'user:ada',
    requestedAt: at,
    expiresAt: at,
    usedAt: null,
    votes: [],
    ...parts,
  }
}

export function exampleUser(parts: Partial<UserView> = {}): UserView {
  return {
    id: exampleId(7),
    name: 'ada',
    displayName: 'Ada',
    hasPassword: true,
    hasSecondFactor: false,
    createdAt: at,
    createdBy: 'user:local',
    disabledAt: null,
    ...parts,
  }
}
