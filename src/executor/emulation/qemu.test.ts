import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findQemu, isStaticProgram } from './qemu.ts'

describe('finding QEMU', () => {
  it('says that there is none', () => assert.deepEqual(findQemu('aarch64', { PATH: '/no/such/folder' }), { kind: 'missing' }))
  it('refuses one that needs libraries', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pelago-qemu-'))
    try {
      copyFileSync(process.execPath, join(folder, 'qemu-aarch64'))
      assert.deepEqual(findQemu('aarch64', { PATH: folder }), { kind: 'dynamic', path: join(folder, 'qemu-aarch64') })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  it('takes a script for no program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pelago-qemu-'))
    try {
      writeFileSync(join(folder, 'script'), '#!/bin/sh\n')
      assert.equal(isStaticProgram(join(folder, 'script')), false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
