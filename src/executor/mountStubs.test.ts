import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openRoot, type OpenFolder } from '../archive/safePath.ts'
import { createMountStubs, type MountTarget } from './mountStubs.ts'

const FILE: MountTarget = { path: '/etc/hosts', kind: 'file' }
const FOLDER: MountTarget = { path: '/var/cache/app', kind: 'folder' }

describe('stubs for mounts', () => {
  it('are made, files and folders and the folders on the way', () => {
    using fixture = makeRoot()
    fixture.stubs(FILE, FOLDER)
    assert.ok(fixture.stat('etc/hosts').isFile())
    assert.ok(fixture.stat('var/cache/app').isDirectory())
  })
  it('vanish, and the times around them are as they were', () => {
    using fixture = makeRoot()
    mkdirSync(join(fixture.path, 'etc'))
    for (const name of ['etc', '.']) utimesSync(join(fixture.path, name), 1_000, 1_000)
    fixture.stubs(FILE, { path: '/etc/resolv.conf', kind: 'file' }, FOLDER)[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['etc'])
    assert.deepEqual([fixture.stat('etc').mtimeMs, fixture.stat('').mtimeMs], [1_000_000, 1_000_000])
  })
  it('leave the time of a folder that was changed otherwise', () => {
    using fixture = makeRoot()
    const stubs = fixture.stubs(FILE)
    utimesSync(join(fixture.path, 'etc'), 2_000, 2_000)
    writeFileSync(join(fixture.path, 'etc/kept'), '')
    utimesSync(join(fixture.path, 'etc'), 3_000, 3_000)
    stubs[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['etc', 'etc/kept'])
    assert.equal(fixture.stat('etc').mtimeMs, 3_000_000)
  })
  it('that were filled stay', () => {
    using fixture = makeRoot()
    const stubs = fixture.stubs(FILE, FOLDER)
    writeFileSync(join(fixture.path, 'etc/hosts'), 'filled')
    writeFileSync(join(fixture.path, 'var/cache/app/file'), '')
    stubs[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['etc', 'etc/hosts', 'var', 'var/cache', 'var/cache/app', 'var/cache/app/file'])
  })
  it('go alone where the folders on the way are to stay', () => {
    using fixture = makeRoot()
    createMountStubs(fixture.root, [FILE, FOLDER], { keepsParents: true })[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['etc', 'var', 'var/cache'])
  })
  it('of the kernel stay', () => {
    using fixture = makeRoot()
    fixture.stubs({ path: '/proc', kind: 'folder' }, { path: '/sys', kind: 'folder' }, { path: '/dev', kind: 'folder' }, FILE)[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['dev', 'proc', 'sys'])
  })
  it('are not made of what is there', () => {
    using fixture = makeRoot()
    mkdirSync(join(fixture.path, 'etc'))
    writeFileSync(join(fixture.path, 'etc/hosts'), 'mine')
    fixture.stubs(FILE)[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['etc', 'etc/hosts'])
  })
  it('stand where a link that leads nowhere leads, inside the root', () => {
    using fixture = makeRoot()
    mkdirSync(join(fixture.path, 'etc'))
    symlinkSync('../../../run/pelago-no-such/hosts', join(fixture.path, 'etc/hosts'))
    const stubs = fixture.stubs(FILE)
    assert.ok(fixture.stat('run/pelago-no-such/hosts').isFile())
    stubs[Symbol.dispose]()
    assert.deepEqual(fixture.names(), ['etc', 'etc/hosts'])
  })
  it('refuse links in a circle', () => {
    using fixture = makeRoot()
    mkdirSync(join(fixture.path, 'etc'))
    symlinkSync('hosts', join(fixture.path, 'etc/hosts'))
    assert.throws(() => fixture.stubs(FILE), { code: 'ELOOP' })
  })
  it('are not made inside another target', () => {
    using fixture = makeRoot()
    fixture.stubs({ path: '/dev', kind: 'folder' }, { path: '/dev/pts', kind: 'folder' })
    assert.deepEqual(fixture.names(), ['dev'])
  })
})

interface Fixture extends Disposable {
  readonly path: string
  readonly root: OpenFolder
  names(): readonly string[]
  stat(name: string): ReturnType<typeof statSync> & object
  stubs(...targets: readonly MountTarget[]): Disposable
}

function makeRoot(): Fixture {
  const path = mkdtempSync(join(tmpdir(), 'pelago-stubs-'))
  const root = openRoot(path)
  return {
    path,
    root,
    names: () => readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted(),
    stat: (name) => statSync(join(path, name)),
    stubs: (...targets) => createMountStubs(root, targets),
    [Symbol.dispose]() {
      root[Symbol.dispose]()
      rmSync(path, { recursive: true })
    },
  }
}
