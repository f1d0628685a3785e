import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const LAUNCHER = join(import.meta.dirname, '../../bin/pelago')

describe('bin/pelago', () => {
  it('says which Node it takes', () => {
    const { stdout, status } = launch(['--print-node'])
    assert.equal(status, 0)
    assert.match(spawnSync(stdout.trim(), ['--version'], { encoding: 'utf8' }).stdout, /^v(2[4-9]|[3-9]\d)\./)
  })
  it('finds its folder through links, relative and absolute', () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'a b'))
    symlinkSync(LAUNCHER, join(folder.path, 'a b/direct'))
    symlinkSync('a b/direct', join(folder.path, 'pelago'))
    const { stdout } = launch(['--version'], {}, join(folder.path, 'pelago'))
    assert.match(stdout, /^pelago \d/)
  })
  it('runs by its name on PATH', () => {
    const { stdout } = spawnSync('pelago', ['--version'], { encoding: 'utf8', env: { ...process.env, PATH: `${join(LAUNCHER, '..')}:${process.env['PATH'] ?? ''}` } })
    assert.match(stdout, /^pelago \d/)
  })
  it('hands arguments on as they are', () => {
    using folder = temporaryFolder()
    const node = fakeNode(folder.path, 'v24.1.0', 'for word; do echo "[$word]"; done')
    assert.match(launch(['a b', '', '*'], { PELAGO_NODE: node }).stdout, /\[a b\]\n\[\]\n\[\*\]\n$/)
  })
  it('takes a PELAGO_NODE with an older version for a failure of its own, and says what to do', () => {
    using folder = temporaryFolder()
    const node = fakeNode(folder.path, 'v20.9.0', 'exit 1')
    const { status, stderr } = launch(['--print-node'], { PELAGO_NODE: node })
    assert.equal(status, 125)
    assert.match(stderr, /^pelago: Node v20\.9\.0 is too old: .*\nhint: install Node 24/)
  })
  it('refuses a PELAGO_NODE that is not there', () => {
    const { status, stderr } = launch(['--version'], { PELAGO_NODE: '/no/such/node' })
    assert.equal(status, 125)
    assert.match(stderr, /PELAGO_NODE is no program: \/no\/such\/node/)
  })
  it('says that there is no Node', () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'bin'))
    spawnSync('cp', [LAUNCHER, join(folder.path, 'bin/pelago')])
    const { status, stderr } = launch(['--version'], { PATH: folder.path }, join(folder.path, 'bin/pelago'))
    assert.equal(status, 125)
    assert.match(stderr, /there is no Node on PATH/)
  })
})

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}, launcher = LAUNCHER): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync('/bin/sh', [launcher, ...args], { encoding: 'utf8', env: { ...process.env, PELAGO_NODE: '', ...env } })
}

/** Answers `--version`, and else does `script` with its arguments. */
function fakeNode(folder: string, version: string, script: string): string {
  const path = join(realpathSync(folder), 'node')
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; exit; fi\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'pelago-launcher-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
