import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { assertGolden } from './golden.suite.ts'
import { createPlainFold } from './plain.ts'
import { scriptedBuild } from './scriptedBuild.suite.ts'

function write(events: readonly ProgressEvent[]): string {
  const fold = createPlainFold({ isColor: false })
  return events.map(fold.apply).join('') + fold.drain() + fold.ending()
}

describe('plain progress', () => {
  it('writes a build that succeeds', () => assertGolden('plain-succeeds.txt', write(scriptedBuild('succeeds'))))
  it('writes a build that fails, and the output of what failed again at its end', () => assertGolden('plain-fails.txt', write(scriptedBuild('fails'))))

  const step = (name: string): ProgressEvent[] => [
    { kind: 'vertex-announced', vertex: digestOf(name), at: 0, name, inputs: [] },
    { kind: 'vertex-started', vertex: digestOf(name), at: 0 },
  ]
  const says = (name: string, at: number, text: string): ProgressEvent => ({ kind: 'vertex-log', vertex: digestOf(name), at, stream: 'stdout', bytes: Buffer.from(`${text}\n`) })

  it('keeps the output of one step together while another waits', () => {
    const text = write([...step('one'), ...step('two'), says('one', 100, 'a'), says('two', 150, 'x'), says('one', 200, 'b')])
    assert.equal(text, '#1 one\n#1 0.100 a\n#1 0.200 b\n#1 ...\n\n#2 two\n#2 0.150 x\n')
  })
  it('says why there are no native twins once for each platform, and how many there were of every step', () => {
    const used = (name: string, use: { readonly native: number; readonly why: string }): ProgressEvent[] => [...step(name), { kind: 'vertex-twins', vertex: digestOf(name), at: 0, emulated: 1, ...use }, { kind: 'vertex-done', vertex: digestOf(name), at: 0, outcome: { kind: 'executed' } }]
    const none = { native: 0, why: 'another libc' }
    const text = write([...used('[linux/arm64 1/2] a', none), ...used('[linux/arm64 2/2] b', none), ...used('[linux/s390x 1/2] a', none), ...used('[linux/s390x 2/2] b', { native: 1203, why: '' })])
    assert.deepEqual(text.match(/^#\d+ with.*$/gm), ['#1 without twins: another libc', '#3 without twins: another libc', '#4 with twins: 1,203 of 1,204 processes ran natively'])
  })
  it('gives the floor on after three seconds', () => {
    const text = write([...step('one'), ...step('two'), says('two', 150, 'x'), says('one', 3100, 'b'), says('two', 3200, 'y'), says('one', 3300, 'c')])
    assert.equal(text, '#1 one\n#1 3.100 b\n#1 ...\n\n#2 two\n#2 0.150 x\n#2 3.200 y\n#2 ...\n\n#1 one\n#1 3.300 c\n')
  })
  it('lets who waits speak when nothing happens', () => {
    const fold = createPlainFold({ isColor: false })
    const before = [...step('one'), ...step('two'), says('two', 150, 'x')].map(fold.apply).join('')
    assert.equal(before, '#1 one\n')
    assert.equal(fold.tick(2999), '')
    assert.equal(fold.tick(3000), '#1 ...\n\n#2 two\n#2 0.150 x\n')
  })
  it('loses no line of thousands of a step that waits', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => says('two', 10, `line ${index}`))
    const text = write([...step('one'), ...step('two'), ...lines])
    assert.equal(text.match(/^#2 0\.010 line /gm)?.length, 5000)
  })
  it('says a part that is done once', () => {
    const done: ProgressEvent = { kind: 'vertex-progress', vertex: digestOf('one'), at: 1000, id: 'sha256:ab', action: 'extracting', currentBytes: 5_000_000, totalBytes: 5_000_000, state: 'done' }
    assert.equal(write([...step('one'), done, done]), '#1 one\n#1 extracting sha256:ab 5MB / 5MB 1.0s done\n')
  })
  it('adds what comes after the end of a step without heading', () => {
    const done: ProgressEvent = { kind: 'vertex-done', vertex: digestOf('one'), at: 1000, outcome: { kind: 'executed' } }
    assert.equal(write([...step('one'), done, says('one', 900, 'late'), ...step('two')]), '#1 one\n#1 DONE 1.0s\n#1 1.000 late\n\n#2 two\n')
  })
  it('folds the output of a step, and neither its heading nor its end', () => {
    const fold = createPlainFold({ isColor: false, groups: { open: (name, at) => `<${name} ${at}>\n`, close: (at) => `</${at}>\n` } })
    const done: ProgressEvent = { kind: 'vertex-done', vertex: digestOf('one'), at: 400, outcome: { kind: 'executed' } }
    const text = [...step('one'), ...step('two'), says('one', 100, 'a'), says('two', 150, 'x'), says('one', 200, 'b'), done].map(fold.apply).join('') + fold.drain() + fold.ending()
    assert.equal(text, '#1 one\n<#1 one: output 100>\n#1 0.100 a\n#1 0.200 b\n</400>\n#1 DONE 0.4s\n\n#2 two\n<#2 two: output 400>\n#2 0.150 x\n</400>\n')
  })
  it('lets no control sequence of a program through', () => {
    assert.equal(write([...step('one'), says('one', 0, '\u001b[2J\u001b]0;title\u0007a\u001b[31mb')]), '#1 one\n#1 0.000 ab\n')
  })
})
