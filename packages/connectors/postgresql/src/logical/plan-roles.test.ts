import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planRoles } from './plan-roles.ts'

const script = String.raw`--
-- PostgreSQL database cluster dump; "CREATE ROLE ghost;"
--

\restrict x;CREATE ROLE ghost;

SET client_encoding = 'UTF8';

CREATE ROLE "ada";
ALTER ROLE "ada" WITH SUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:a;b';
CREATE ROLE "b""ob; x";
ALTER ROLE "b""ob; x" WITH NOSUPERUSER LOGIN;
COMMENT ON ROLE "b""ob; x" IS 'first line; CREATE ROLE ghost
--second -- line';
COMMENT ON ROLE "ada" IS E'back\\slash \' ; quote';
CREATE ROLE plain;
ALTER ROLE plain SET "search_path" TO 'a', 'b;c';
ALTER ROLE plain IN DATABASE "crm" SET "work_mem" TO '7MB';
GRANT "ada" TO "b""ob; x" WITH ADMIN OPTION, INHERIT TRUE GRANTED BY "ada";
GRANT "ada" TO plain GRANTED BY postgres;
CREATE TABLESPACE "fast" OWNER "ada" LOCATION '/fast';
\unrestrict x
`

test('roles that a server has not are made, with what is said of them, and no others', () => {
  const plan = planRoles(script, new Set(['ada', 'postgres']))
  assert.deepEqual(plan.roles, ['ada', 'b"ob; x', 'plain'])
  assert.deepEqual(plan.missing, ['b"ob; x', 'plain'])
  assert.equal(plan.hasTablespaces, true)
  assert.deepEqual(plan.statements, [
    'CREATE ROLE "b""ob; x"',
    'ALTER ROLE "b""ob; x" WITH NOSUPERUSER LOGIN',
    `COMMENT ON ROLE "b""ob; x" IS 'first line; CREATE ROLE ghost\n--second -- line'`,
    'CREATE ROLE plain',
    `ALTER ROLE plain SET "search_path" TO 'a', 'b;c'`,
    'GRANT "ada" TO "b""ob; x" WITH ADMIN OPTION, INHERIT TRUE',
    'GRANT "ada" TO plain',
  ])
})

test('a server that has all roles is told nothing of them', () => {
  assert.deepEqual(planRoles(script, new Set(['ada', 'b"ob; x', 'plain'])).statements, [])
})

test('strings with backslashes end where PostgreSQL ends them', () => {
  const { statements } = planRoles(script, new Set())
  assert.ok(statements.includes(String.raw`COMMENT ON ROLE "ada" IS E'back\\slash \' ; quote'`), statements.join('\n'))
  assert.equal(statements.length, 10)
})
