import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Finding } from './finding.ts'
import { formatFindings } from './formatFindings.ts'

const plain = (_: string, text: string): string => text

const NODE: Finding = { check: 'node', state: 'ok', detail: 'v24.1.0', remedy: undefined }
const CRUN: Finding = { check: 'crun', state: 'fail', detail: 'not installed', remedy: 'install crun' }
const ARM: Finding = { check: 'linux/arm', state: 'warn', detail: 'no emulator', remedy: 'install qemu' }

describe('the table of findings', () => {
  it('has a line each, the worst first, its remedy under it, and what it comes to', () => {
    const text = ['✖ crun  not installed', '        → install crun', '✔ node  v24.1.0', '', 'see crun', '']
    assert.equal(formatFindings([NODE, CRUN], 'see crun', plain), text.join('\n'))
  })
  it('says a remedy once for lines in a row that share it', () => {
    const text = ['– linux/arm    no emulator', '– linux/arm64  no emulator', '               → install qemu', '✔ node         v24.1.0', '', 'builds can run', '']
    assert.equal(formatFindings([NODE, ARM, { ...ARM, check: 'linux/arm64' }], 'builds can run', plain), text.join('\n'))
  })
  it('paints the mark, and lets nothing through that a terminal would obey', () => {
    const text = formatFindings([{ ...CRUN, detail: 'a\u001b[2Jb', remedy: undefined }], '', (style, text) => `<${style}>${text}</>`)
    assert.equal(text.split('\n')[0], '<red>✖</> crun  ab')
  })
})
