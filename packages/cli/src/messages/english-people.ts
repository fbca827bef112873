/** What the commands of people, protections, presets and previews say, in English. */
export const englishPeople = {
  'error.approvalNeeded': '{problem}',
  'error.noCondition': 'the hold would bind every recovery point that there is',
  'error.unknownRole': 'there is no role {role}: there are {roles}',

  'hint.approvalNeeded': 'Ask the others with --reason TEXT. Once they have approved it, do it with --approval ID.',
  'hint.noCondition': 'Give at least one of --vault, --source, --since and --before.',

  'column.before': 'Before',
  'column.choices': 'Choices',
  'column.description': 'Description',
  'column.disabled': 'Disabled',
  'column.displayName': 'Full name',
  'column.expires': 'Expires',
  'column.from': 'From',
  'column.lastUsed': 'Last used',
  'column.lifted': 'Lifted',
  'column.network': 'Network',
  'column.now': 'Now',
  'column.origin': 'Requirements',
  'column.parameter': 'Parameter',
  'column.project': 'Project',
  'column.purpose': 'Purpose',
  'column.reason': 'Reason',
  'column.request': 'Request',
  'column.revoked': 'Revoked',
  'column.role': 'Role',
  'column.scopes': 'Scopes',
  'column.secondFactor': 'Second factor',
  'column.secret': 'Secret',
  'column.then': 'Then',
  'column.there': 'There',
  'column.title': 'Title',
  'column.twoFactorMandatory': 'Second factor mandatory',
  'column.uri': 'URI',
  'column.used': 'Used',
  'column.user': 'User',
  'column.userAgent': 'Program',
  'column.value': 'Value',
  'column.votes': 'Votes',

  'address.all': 'from everywhere',
  'address.remove': 'Admit the network of rule {id} no longer?',
  'address.removed': 'rule {id} is gone',

  'approval.asked': '{votes} others are asked to approve: `coffre approval approve {id}`. Then do it with --approval {id}',

  'audit.exported': '{entries} entries are in {path}',

  'grant.everywhere': 'everywhere',
  'grant.taken': 'grant {id} is taken back',

  'hold.lift': 'Lift the hold {title}? It protects {points} recovery points, which retention may then delete.',

  'key.keep': 'keep the key now: it is shown this once. Its ID is {id}',
  'key.revoke': 'Revoke the key {id}? It will never work again.',
  'key.revoked': 'key {id} is revoked',

  'login.newPassword': 'New password: ',

  'password.changed': 'the password is changed; your other sessions are ended',

  'preset.notifications': 'it wants notifications, too:',
  'preset.restoreTests': 'it wants restore tests, too:',
  'preset.wants': 'what it wants beside its plans, and does not make:',

  'preview.applied': 'existing recovery points get the new lifecycles, but for those that a lock keeps longer',
  'preview.changed': 'plan {name} would become version {version}',
  'preview.counts': 'of {seen} recovery points {changed} would change: {more} more would go at once, {less} fewer',
  'preview.notApplied': 'existing recovery points keep their lifecycles',
  'preview.rule': 'rule {name}: {schedule}, to {vault}',
  'preview.selection': 'selection {name} picks {count} sources',

  'session.ended': 'session {id} is ended',
  'session.othersEnded': '{count} other sessions are ended',

  'twoFactor.keepCodes': 'keep these recovery codes: each is good once, in place of a code, and they are shown this once',
  'twoFactor.next': 'enter the secret in your application, then prove it: `coffre two-factor confirm CODE`',
  'twoFactor.removed': 'your second factor is removed',

  'user.noFailures': 'the failed sign-ins of {name} are forgotten',
  'user.noSecondFactor': '{name} has no second factor any more',
  'user.token': 'with this token {name} chooses a password, once, within three days:',
  'user.tokenUse': 'coffre login URL --password-token TOKEN',

  'vault.delete': 'Forget the vault {name}? Its files stay where they are.',
  'vault.deleted': 'vault {name} is forgotten; its files are still in {location}',
  'vault.locked': 'vault {name} is locked: {lock}',
  'vault.unlock': 'Remove the lock of {name}? Recovery points that are there keep their own terms.',
  'vault.unlocked': 'vault {name} is unlocked',

  'verdict.blocked': 'due since {time}',
  'verdict.expire': 'goes at once',
  'verdict.expires': 'until {time}',
  'verdict.keep': 'stays',

  'word.no': 'no',
  'word.yes': 'yes',
} as const
