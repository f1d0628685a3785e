import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../ground/digest.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { columnsOf } from './displayText.ts'
import { drawFinalFrame, drawLiveFrame, type View } from './frame.ts'
import { assertGolden } from './golden.suite.ts'
import { scriptedBuild } from './scriptedBuild.suite.ts'
import { createTraceFold, type Trace } from './trace.ts'

const plainView: View = { columns: 80, rows: 24, now: 1_003_300, paint: (_, text) => text }

function traceOf(events: readonly ProgressEvent[]): Trace {
  const fold = createTraceFold()
  events.forEach(fold.apply)
  return fold.trace
}

function until(milliseconds: number): readonly ProgressEvent[] {
  return scriptedBuild('succeeds').filter(({ at }) => at <= 1_000_000 + milliseconds)
}

describe('drawLiveFrame', () => {
  it('shows a pull with bytes, total and speed, in 80 by 24', () => {
    assertGolden('frame-pulling.txt', `${drawLiveFrame(traceOf(until(1300)), { ...plainView, now: 1_001_300 }).join('\n')}\n`)
  })
  it('shows two platforms with their last output, in 80 by 24', () => {
    assertGolden('frame-running.txt', `${drawLiveFrame(traceOf(until(3300)), plainView).join('\n')}\n`)
  })
  it('keeps what runs, with its platform, where the terminal is low', () => {
    const lines = drawLiveFrame(traceOf(until(3300)), { ...plainView, columns: 60, rows: 6 })
    assertGolden('frame-low.txt', `${lines.join('\n')}\n`)
    assert.equal(lines.length, 5)
  })
  it('is one line where there is one row', () => {
    assert.equal(drawLiveFrame(traceOf(until(3300)), { ...plainView, rows: 1 }).length, 1)
  })
})

describe('drawFinalFrame', () => {
  it('shows every step that ran', () => {
    assertGolden('frame-final.txt', `${drawFinalFrame(traceOf(scriptedBuild('succeeds')), { ...plainView, now: 1_010_000 }).join('\n')}\n`)
  })
  it('marks the step that failed', () => {
    const lines = drawFinalFrame(traceOf(scriptedBuild('fails')), { ...plainView, now: 1_010_000 })
    assert.match(lines[0] ?? '', /FAILED/)
    assert.equal(lines.filter((line) => line.includes('✖')).length, 1)
  })
  it('marks the steps that an interrupted build left', () => {
    const lines = drawFinalFrame(traceOf(until(3300)), plainView)
    assert.match(lines[0] ?? '', /CANCELLED/)
    assert.equal(lines.filter((line) => line.includes('⊘')).length, 2)
  })
})

const vertex = fc.constantFrom('a', 'b', 'c', 'd').map((name) => digestOf(name))
const at = fc.integer({ min: 0, max: 1_000_000 })
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constantFrom('\u001b[31mred\u001b[0m', '\u001b]0;title\u0007', '編譯中', '\t\tx', '\r50%\r', '\u001b[2J', '👨‍👩‍👧 ✔️'))
const outcome = fc.oneof(fc.record({ kind: fc.constantFrom('executed' as const, 'cached' as const, 'cancelled' as const) }), fc.record({ kind: fc.constant('failed' as const), message: text }))
const name = fc.tuple(fc.constantFrom('', '[linux/arm64 build 2/4] ', '[linux/amd64->arm64 3/4] ', '[internal] '), text).map((parts) => parts.join(''))
const event: fc.Arbitrary<ProgressEvent> = fc.oneof(
  fc.record({ kind: fc.constant('vertex-announced' as const), vertex, at, name, inputs: fc.constant([]) }),
  fc.record({ kind: fc.constant('vertex-started' as const), vertex, at }),
  fc.record({ kind: fc.constant('vertex-emulated' as const), vertex, at, emulator: fc.constantFrom('qemu-aarch64', 'qemu-s390x') }),
  fc.record({ kind: fc.constant('vertex-progress' as const), vertex, at, id: text, action: text, currentBytes: fc.nat(), totalBytes: fc.nat(), state: fc.constantFrom('running' as const, 'done' as const) }),
  fc.record({ kind: fc.constant('vertex-log' as const), vertex, at, stream: fc.constantFrom('stdout' as const, 'stderr' as const), bytes: fc.oneof(text.map((line) => Buffer.from(`${line}\n`)), fc.uint8Array()) }),
  fc.record({ kind: fc.constant('vertex-done' as const), vertex, at, outcome }),
)

describe('every frame', () => {
  it('fits the terminal, whatever the events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 40 }), at, (events, columns, rows, now) => {
        const view = { columns, rows, now, paint: plainView.paint }
        const trace = traceOf(events)
        const live = drawLiveFrame(trace, view)
        assert.ok(live.length <= Math.max(1, rows - 1))
        for (const line of [...live, ...drawFinalFrame(trace, view)]) {
          assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} columns in ${columns}: ${JSON.stringify(line)}`)
          assert.doesNotMatch(line, /\p{Cc}/u)
        }
      }),
      { numRuns: 500 },
    )
  })
})
