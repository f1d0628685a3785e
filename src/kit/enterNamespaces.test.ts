import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findProgram, namespaceArgv } from './enterNamespaces.ts'

describe('entering namespaces', () => {
  it('goes by the program that PELAGO_NS names', () => {
    assert.deepEqual(namespaceArgv(['node', 'engine.js'], { PELAGO_NS: '/opt/pelago-ns' }, 1000), ['/opt/pelago-ns', '--', 'node', 'engine.js'])
  })
})

describe('finding a program', () => {
  it('takes the first on PATH that can be executed', () => {
    const folders = [1, 2, 3].map(() => mkdtempSync(join(tmpdir(), 'pelago-path-')))
    try {
      for (const folder of folders.slice(1)) writeFileSync(join(folder, 'tool'), '', { mode: 0o755 })
      chmodSync(join(folders[1] ?? '', 'tool'), 0o644)
      assert.equal(findProgram('tool', { PATH: folders.join(':') }), join(folders[2] ?? '', 'tool'))
    } finally {
      for (const folder of folders) rmSync(folder, { recursive: true })
    }
  })
  it('finds nothing on an empty PATH', () => assert.equal(findProgram('sh', { PATH: '' }), undefined))
})
