import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { test } from 'node:test'
import { stateFolder } from './state-folder.ts'

test('the state folder is the one that is named, or the usual one of whoever runs the server', () => {
  assert.equal(stateFolder({ COFFRE_STATE: '/srv/state', HOME: '/home/ada' }, false), '/srv/state')
  assert.equal(stateFolder({ COFFRE_STATE: 'state' }, true), `${process.cwd()}/state`)
  assert.equal(stateFolder({ COFFRE_STATE: '', HOME: '/home/ada' }, false), '/home/ada/.coffre')
  assert.equal(stateFolder({ HOME: '/home/ada' }, true), '/var/lib/coffre')
  assert.equal(stateFolder({}, false), `${homedir()}/.coffre`)
})
