import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openRoot } from '../archive/safePath.ts'
import { resolveUser } from './user.ts'

describe('users of an image', () => {
  const full = makeRoot('root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:\n123:x:5:6::/:\nbroken\n', 'root:x:0:root\napp:x:1001:\naudio:x:29:app,root\nempty:x:30:\n')
  const bare = makeRoot(undefined, undefined)
  after(() => { for (const root of [full, bare]) rmSync(root, { recursive: true }) })

  const cases: readonly (readonly [title: string, root: string, user: string, uid: number, gids: readonly number[]])[] = [
    ['none is root, with root’s groups', full, '', 0, [0, 29]],
    ['none is root where there are no files', bare, '', 0, [0]],
    ['a name', full, 'app', 1000, [1001, 29]],
    ['a number that has a name', full, '1000', 1000, [1001, 29]],
    ['a number that has none', full, '77', 77, [0]],
    ['a name made of digits comes before the number', full, '123', 5, [6]],
    ['a group by name takes the place of all others', full, 'app:audio', 1000, [29]],
    ['a group by number', full, 'app:4000', 1000, [4000]],
    ['two numbers are not looked up', bare, '8:9', 8, [9]],
  ]
  for (const [title, root, user, uid, gids] of cases) {
    it(title, () => assert.deepEqual(resolveIn(root, user), { uid, gid: gids[0], additionalGids: gids }))
  }

  const refused: readonly (readonly [user: string, message: RegExp])[] = [
    ['ghost', /^unable to find user "ghost"/],
    ['app:ghosts', /^unable to find group "ghosts"/],
    [':audio', /^unable to find user ""/],
  ]
  for (const [user, message] of refused) {
    it(`refuses ${JSON.stringify(user)}`, () => assert.throws(() => resolveIn(full, user), { name: 'ProcessStartError', message }))
  }

  it('are looked up inside the root where /etc is a link', () => {
    const root = mkdtempSync(join(tmpdir(), 'pelago-user-'))
    try {
      symlinkSync('/../..//etc', join(root, 'etc'))
      assert.throws(() => resolveIn(root, 'daemon'), { name: /ProcessStartError|SyscallError/ })
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

function resolveIn(path: string, user: string): ReturnType<typeof resolveUser> {
  using root = openRoot(path)
  return resolveUser(root, user)
}

function makeRoot(passwd: string | undefined, group: string | undefined): string {
  const root = mkdtempSync(join(tmpdir(), 'pelago-user-'))
  mkdirSync(join(root, 'etc'))
  if (passwd !== undefined) writeFileSync(join(root, 'etc/passwd'), passwd)
  if (group !== undefined) writeFileSync(join(root, 'etc/group'), group)
  return root
}
