import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exitHint, readMemoryKills, signalOf } from './exitReason.ts'
import { StepFailedError } from './executor.ts'

const SHELL = ['/bin/sh', '-c', 'x']

describe('signalOf', () => {
  for (const [code, name] of [[1, undefined], [128, undefined], [130, 'SIGINT'], [134, 'SIGABRT'], [137, 'SIGKILL'], [139, 'SIGSEGV'], [143, 'SIGTERM'], [145, undefined], [255, undefined]] as const) {
    it(`is ${name} for ${code}`, () => assert.equal(signalOf(code), name))
  }
})

describe('exitHint', () => {
  const cases: readonly { readonly name: string; readonly argv?: readonly string[]; readonly exitCode: number; readonly isMemoryShort?: boolean; readonly want: RegExp | undefined }[] = [
    { name: 'an ordinary failure', exitCode: 1, want: undefined },
    { name: 'a kill', exitCode: 137, want: /from outside.*dmesg/ },
    { name: 'a kill for lack of memory', exitCode: 137, isMemoryShort: true, want: /ran out of memory/ },
    { name: 'a failure while memory is short', exitCode: 2, isMemoryShort: true, want: undefined },
    { name: 'a command that is not there', exitCode: 127, want: /did not find a command/ },
    { name: 'a command that cannot be run', exitCode: 126, want: /cannot run/ },
    { name: 'the same code of a program', argv: ['/app'], exitCode: 127, want: undefined },
  ]
  for (const { name, argv = SHELL, exitCode, isMemoryShort = false, want } of cases) {
    it(`${want === undefined ? 'has nothing to say of' : 'explains'} ${name}`, () => assert.match(String(exitHint({ argv, exitCode, isMemoryShort })), want ?? /^undefined$/))
  }
})

describe('StepFailedError', () => {
  it('names the signal', () => assert.match(new StepFailedError(SHELL, 139).message, /exit code: 139 \(SIGSEGV\)$/))
})

describe('readMemoryKills', () => {
  it('counts', () => assert.ok(Number.isInteger(readMemoryKills())))
})
