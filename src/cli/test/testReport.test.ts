import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatJunit } from './junit.ts'
import { formatFailedOutput, formatTestJson, formatTestTable } from './testReport.ts'
import { describeOutcome, type TestOutcome, type TestResult, type TestRun, timesOf } from './testRun.ts'

function run(outcome: TestOutcome, durationMs = 1000, text = ''): TestRun {
  return { outcome, durationMs, output: { text, sizeBytes: text.length, file: undefined } }
}

const PASSED: TestOutcome = { kind: 'exited', exitCode: 0 }
const FAILED: TestOutcome = { kind: 'exited', exitCode: 3 }

function tested(platform: string, emulator: string, ...runs: readonly TestRun[]): TestResult {
  return { kind: 'tested', on: { platform, servedBy: '', emulator }, runs }
}

const MISSING: TestResult = { kind: 'missing', platform: 'linux/riscv64', why: 'the image has none', isAllowed: true }

describe('formatTestTable', () => {
  it('puts what failed first, then what was passed over', () => {
    const table = formatTestTable([tested('linux/amd64', '', run(PASSED)), MISSING, tested('linux/arm64', 'qemu-aarch64', run(FAILED, 2500))], 1)
    assert.equal(table, [
      'PLATFORM        RUNS                       RESULT                        TIME',
      'linux/arm64     emulated by qemu-aarch64   exit code 3                   2.5s',
      'linux/riscv64   -                          skipped: the image has none',
      'linux/amd64     natively                   passed                        1.0s',
      '',
    ].join('\n'))
  })
  it('marks times of emulated programs where they are told', () => {
    const table = formatTestTable([tested('linux/amd64', '', run(PASSED), run(PASSED, 3000)), tested('linux/arm64', 'qemu', run(FAILED), run(PASSED, 20))], 2)
    assert.equal(table, [
      'PLATFORM      RUNS               RESULT                    MIN     MEDIAN   MAX',
      'linux/arm64   emulated by qemu   1/2 passed, exit code 3   20ms*   20ms*    20ms*',
      'linux/amd64   natively           2/2 passed                1.0s    2.0s     3.0s',
      '* emulated: no measure of what the program takes on such a machine',
      '',
    ].join('\n'))
  })
})

describe('formatFailedOutput', () => {
  it('shows what failed, and lets no escape sequence through', () => {
    const output = formatFailedOutput([tested('linux/amd64', '', run(PASSED, 1, 'quiet')), tested('linux/arm64', '', run(FAILED, 1, 'one\u001b]0;title\u0007\ntwo'))], { isColor: false })
    assert.equal(output, '--- linux/arm64: exit code 3 ---\none\ntwo\n\n')
  })
  it('says why one did not start', () => {
    assert.equal(formatFailedOutput([tested('a', '', run({ kind: 'not-started', message: 'no such program', errorKind: 'step-failed' }))], { isColor: false }), '--- a: did not start ---\nno such program\n\n')
  })
})

describe('formatTestJson', () => {
  it('tells every run', () => {
    assert.deepEqual(JSON.parse(formatTestJson({ reference: 'app', results: [tested('linux/s390x', 'qemu', run({ kind: 'exited', exitCode: 139 }, 5, 'x')), MISSING] })), {
      reference: 'app',
      passed: false,
      platforms: [
        { platform: 'linux/s390x', passed: false, emulator: 'qemu', runs: [{ outcome: 'exited', exitCode: 139, signal: 'SIGSEGV', durationMs: 5, output: 'x' }] },
        { platform: 'linux/riscv64', passed: false, missing: 'the image has none', skipped: true, runs: [] },
      ],
    })
  })
})

describe('formatJunit', () => {
  it('has a case for each run', () => {
    const results = [tested('linux/amd64', '', run(PASSED, 1500), run({ kind: 'timed-out', timeoutMs: 2000 }, 2000, 'a & "b" <c>\u0007\n')), tested('linux/386', '', run({ kind: 'not-started', message: 'no "x"', errorKind: 'step-failed' }, 0)), MISSING]
    assert.equal(formatJunit({ name: 'app', startedAt: '2026-01-02T03:04:05.678Z', results }), [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuite name="app" tests="4" failures="1" errors="1" skipped="1" time="3.500" timestamp="2026-01-02T03:04:05">',
      '  <testcase classname="app" name="linux/amd64 #1" time="1.500"/>',
      '  <testcase classname="app" name="linux/amd64 #2" time="2.000">',
      '    <failure message="not done after 2.0s" type="timed-out">a &amp; "b" &lt;c&gt;\ufffd\n</failure>',
      '  </testcase>',
      '  <testcase classname="app" name="linux/386" time="0.000">',
      '    <error message="no &quot;x&quot;" type="not-started"></error>',
      '  </testcase>',
      '  <testcase classname="app" name="linux/riscv64" time="0.000">',
      '    <skipped message="the image has none"/>',
      '  </testcase>',
      '</testsuite>',
      '',
    ].join('\n'))
  })
})

describe('timesOf', () => {
  const of = (...times: readonly number[]): ReturnType<typeof timesOf> => timesOf(times.map((time) => run(PASSED, time)))
  it('takes the middle one of an odd number', () => assert.deepEqual(of(5, 1, 3), { minMs: 1, medianMs: 3, maxMs: 5 }))
  it('takes the mean of the middle two of an even number', () => assert.deepEqual(of(5, 1, 3, 4), { minMs: 1, medianMs: 3.5, maxMs: 5 }))
  it('does not count what failed', () => assert.equal(timesOf([run(FAILED)]), undefined))
})

describe('describeOutcome', () => {
  const cases: readonly (readonly [TestOutcome, string])[] = [
    [{ kind: 'exited', exitCode: 0 }, 'passed'],
    [{ kind: 'exited', exitCode: 139 }, 'SIGSEGV'],
    [{ kind: 'exited', exitCode: 255 }, 'exit code 255'],
    [{ kind: 'cancelled' }, 'cancelled'],
  ]
  for (const [outcome, text] of cases) it(`says ${text}`, () => assert.equal(describeOutcome(outcome, String), text))
})
