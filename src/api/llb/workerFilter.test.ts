import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DefinitionError } from './clientGraph.ts'
import { checkWorker } from './workerFilter.ts'

const worker = { id: 'w1', labels: new Map([['site', 'home'], ['com.example.disk', 'ssd, fast']]), platforms: ['linux/amd64', 'linux/arm64'] }

describe('a choice of workers', () => {
  for (const filters of [[], [''], ['id==w1'], ['labels.site'], ['labels.site==home,platform==linux/arm64'], ['labels."com.example.disk"=="ssd, fast"'], ['labels.com.example.disk!=hdd'], ['memory!=1'], ['id==w2', 'id != w2 , labels.site == home']]) {
    it(`takes this one: ${JSON.stringify(filters)}`, () => checkWorker(filters, worker))
  }

  const refusals = [
    { filters: ['id==w2'], message: /no worker is as it is wanted: id==w2/ },
    { filters: ['labels.site==home,id==w2', 'labels.none'], message: /labels\.site==home,id==w2 or labels\.none/ },
    { filters: ['platform==linux/riscv64'], message: /platform==linux\/riscv64/ },
    { filters: ['platform!=linux/amd64'], message: /platform!=/ },
    { filters: ['memory'], message: /memory/ },
    { filters: ['labels.site~=ho.*'], message: /by a pattern \(~=\) is not supported/ },
    { filters: ['==x'], message: /cannot be read: "==x"/ },
    { filters: ['id==w1 w2'], message: /cannot be read/ },
  ]
  for (const { filters, message } of refusals) it(`refuses ${JSON.stringify(filters)}`, () => assert.throws(() => checkWorker(filters, worker), { name: 'DefinitionError', message }))

  it('says what this one is', () => assert.throws(() => checkWorker(['gpu'], worker), { hint: 'this engine is one worker: id==w1, platform==linux/amd64, platform==linux/arm64, labels."site"=="home", labels."com.example.disk"=="ssd, fast"' }))

  it('is read or refused, whatever is written', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      try {
        checkWorker([text], worker)
      } catch (error) {
        assert.ok(error instanceof DefinitionError)
      }
    }))
  })
})
