import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFilesIn, ResultFileError } from './resultFiles.ts'

let base = ''

before(() => {
  base = mkdtempSync(join(tmpdir(), 'result-files-'))
  mkdirSync(join(base, 'host'))
  writeFileSync(join(base, 'host/file'), 'the host')
  mkdirSync(join(base, 'root/folder'), { recursive: true })
  writeFileSync(join(base, 'root/folder/file'), 'the container')
  symlinkSync('/folder/file', join(base, 'root/link'))
  symlinkSync('loop', join(base, 'root/loop'))
  symlinkSync(join(base, 'host'), join(base, 'root/out'))
  execFileSync('mkfifo', [join(base, 'root/pipe')])
})
after(() => rmSync(base, { recursive: true }))

describe('the files of a folder', () => {
  const missing = /: no such file or directory$/

  it('are read, listed and told with links inside', () => {
    using files = openFilesIn(join(base, 'root'))
    assert.equal(Buffer.from(files.readFile('/link')).toString(), 'the container')
    assert.equal(Buffer.from(files.readFile('folder/file', { offset: 4, length: 5 })).toString(), 'conta')
    assert.deepEqual(files.readFolder('').map(({ path, linkTarget }) => [path, linkTarget]), [['folder', ''], ['link', '/folder/file'], ['loop', 'loop'], ['out', join(base, 'host')], ['pipe', '']])
    assert.deepEqual([files.stat('link').path, files.stat('link').sizeBytes, files.stat('/').path], ['file', 13, ''])
    assert.throws(() => files.readFile('folder'), /^ResultFileError: folder is not a regular file$/)
    assert.throws(() => files.readFolder('link'), /^ResultFileError: link is not a directory$/)
    assert.throws(() => files.readFile('folder/file/more'), missing)
    assert.throws(() => files.stat('loop'), /too many symbolic links/)
  })

  it('are not those that a link leads to from outside', () => {
    using files = openFilesIn(join(base, 'root'))
    assert.throws(() => files.readFile('out/file'), missing)
    assert.throws(() => files.readFolder('out'), missing)
    assert.throws(() => files.stat('out/file'), missing)
  })

  it('stay those of the folder when a link is put in its place', () => {
    mkdirSync(join(base, 'swapped'))
    writeFileSync(join(base, 'swapped/file'), 'the container')
    using files = openFilesIn(join(base, 'swapped'))
    renameSync(join(base, 'swapped'), join(base, 'before'))
    symlinkSync(join(base, 'host'), join(base, 'swapped'))
    assert.equal(Buffer.from(files.readFile('file')).toString(), 'the container')
    assert.equal(files.stat('file').sizeBytes, 13)
  })

  it('are not waited for where one is a pipe', () => {
    using files = openFilesIn(join(base, 'root'))
    assert.throws(() => files.readFile('pipe'), ResultFileError)
    assert.equal(files.stat('pipe').path, 'pipe')
  })
})
