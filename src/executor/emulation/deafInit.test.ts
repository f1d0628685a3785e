import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseWaitedSignal } from './deafInit.ts'

describe('parseWaitedSignal', () => {
  const status = (state: string, pids: string, blocked: string): string => `Name:\tqemu-aarch64\nState:\t${state}\nNSpid:\t${pids}\nSigBlk:\t${blocked}\nSigCgt:\tffffffff7781fafb\n`
  const cases = [
    { name: 'a first process that waits for SIGSEGV', text: status('S (sleeping)', '19174\t15\t1', 'fffffffe7ffbfaff'), want: 11 },
    { name: 'one that waits for SIGABRT', text: status('S (sleeping)', '7\t1', 'fffffffe7ffbfedf'), want: 6 },
    { name: 'one that sleeps', text: status('S (sleeping)', '7\t1', '0000000000000000'), want: undefined },
    { name: 'one that blocks all for a moment', text: status('S (sleeping)', '7\t1', 'fffffffe7ffbfeff'), want: undefined },
    { name: 'one that runs', text: status('R (running)', '7\t1', 'fffffffe7ffbfaff'), want: undefined },
    { name: 'another process', text: status('S (sleeping)', '7\t12', 'fffffffe7ffbfaff'), want: undefined },
    { name: 'what is gone', text: '', want: undefined },
  ]
  for (const { name, text, want } of cases) it(`is ${want} for ${name}`, () => assert.equal(parseWaitedSignal(text), want))
})
