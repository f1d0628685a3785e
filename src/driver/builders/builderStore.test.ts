import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { parsePlatform } from '../../ground/platform.ts'
import { DEFAULT_BUILDER, DRIVER_NAMES, plainNode, type Builder, type BuilderNode } from './builder.ts'
import { NO_CHOICES, withCurrent, withFolder } from './builderChoices.ts'
import { formatBuilder, parseBuilder } from './builderJson.ts'
import { BuilderDamagedError, ChoicesDamagedError, createBuilderStore, freeName, type BuilderStore } from './builderStore.ts'

const never = new AbortController().signal
const parent = await mkdtemp(join(tmpdir(), 'pelago-builders-'))
after(() => rm(parent, { recursive: true }))

interface Opened {
  readonly store: BuilderStore
  readonly folder: string
}

async function open(): Promise<Opened> {
  const config = await mkdtemp(join(parent, 'config-'))
  return { store: createBuilderStore({ XDG_CONFIG_HOME: config }), folder: join(config, 'pelago') }
}

function builderNamed(name: string): Builder {
  return { name, nodes: [{ ...plainNode(`${name}0`, 'remote', 'unix:///s'), platforms: [parsePlatform('linux/arm/v7')], options: new Map([['a', 'b']]) }] }
}

describe('the store of builders', () => {
  it('has nothing but the default one at first', async () => {
    const { store } = await open()
    assert.deepEqual(await store.list(), { builders: [], damaged: [] })
    assert.equal(await store.find('default'), DEFAULT_BUILDER)
    assert.deepEqual([await store.find('b'), await store.choices(), await store.remove('b', never)], [undefined, NO_CHOICES, false])
  })
  it('keeps builders, each in a file of its own', async () => {
    const { store, folder } = await open()
    for (const name of ['b', 'a']) await store.update(name, () => ({ builder: builderNamed(name) }), never)
    assert.deepEqual((await store.list()).builders, [builderNamed('a'), builderNamed('b')])
    assert.deepEqual((await readdir(join(folder, 'builders'))).toSorted(), ['.lock', 'a.json', 'b.json'])
  })
  it('tells a change what there was, and changes nothing where that fails', async () => {
    const { store } = await open()
    await store.update('b', () => ({ builder: builderNamed('b') }), never)
    await assert.rejects(store.update('b', (before) => assert.fail(before?.nodes[0]?.name), never), { message: 'b0' })
    assert.deepEqual(await store.find('b'), builderNamed('b'))
  })
  it('makes changes of one builder one after the other', async () => {
    const { store } = await open()
    const add = (number: number): Promise<unknown> => store.update('b', (before) => ({ builder: { name: 'b', nodes: [plainNode(`n${number}`, 'remote', 'unix:///s'), ...(before?.nodes ?? [])] } }), never)
    await Promise.all(Array.from({ length: 8 }, (_, number) => add(number)))
    assert.equal((await store.find('b'))?.nodes.length, 8)
  })
  it('keeps what was chosen, and forgets it with the builder', async () => {
    const { store, folder } = await open()
    await store.update('b', () => ({ builder: builderNamed('b') }), never)
    await store.choose((before) => withFolder(withCurrent(before, 'b', { isGlobal: false, isDefault: true, dockerEndpoint: 'office' }), '/work', 'b'), never)
    assert.deepEqual(await store.choices(), { current: { builder: 'b', endpoint: 'office' }, defaults: new Map([['office', 'b']]), folders: new Map([['/work', 'b']]) })
    assert.equal((await stat(join(folder, 'use.json'))).mode & 0o777, 0o600)
    assert.equal(await store.remove('b', never), true)
    assert.deepEqual(await store.choices(), NO_CHOICES)
  })
  it('loses no choice of several at once', async () => {
    const { store } = await open()
    await Promise.all(Array.from({ length: 8 }, (_, number) => store.choose((before) => withFolder(before, `/${number}`, 'b'), never)))
    assert.equal((await store.choices()).folders.size, 8)
  })
  for (const text of ['{', '[]', '{"name":"d"}', '{"driver":"x","nodes":[{}]}', '{"name":"d","driver":"docker-container","nodes":[]}', '{"name":"d","driver":"x","nodes":[{"name":"n","endpoint":"e"}]}', '{"name":"d","nodes":[{"name":"n","endpoint":"e"}]}', '{"name":"d","driver":"remote","nodes":[{"name":"n","endpoint":"e"},{"name":"n","endpoint":"f"}]}', '{"name":"d","driver":"remote","nodes":[{"name":"n","endpoint":"e","platforms":["a/b/c/d"]}]}']) {
    it(`tells of a file that holds ${text}, lists the others, and removes it`, async () => {
      const { store, folder } = await open()
      await store.update('b', () => ({ builder: builderNamed('b') }), never)
      await mkdir(join(folder, 'builders'), { recursive: true })
      await writeFile(join(folder, 'builders/d.json'), text)
      const { builders, damaged } = await store.list()
      assert.deepEqual([builders.map(({ name }) => name), damaged.map(({ builder }) => builder)], [['b'], ['d']])
      await assert.rejects(store.find('d'), (error) => error instanceof BuilderDamagedError && error.hint?.includes('builders/d.json') === true)
      assert.equal(await store.remove('d', never), true)
    })
  }
  it('leaves files of other names alone', async () => {
    const { store, folder } = await open()
    await store.update('b', () => ({ builder: builderNamed('b') }), never)
    await writeFile(join(folder, 'builders/0 a.json'), '{')
    assert.deepEqual(await store.list(), { builders: [builderNamed('b')], damaged: [] })
  })
  for (const text of ['{', '{"current":{"builder":"../x"}}', '{"folders":{"/a":7}}']) {
    it(`tells of choices that are ${text}`, async () => {
      const { store, folder } = await open()
      await store.choose((before) => withFolder(before, '/a', 'b'), never)
      await writeFile(join(folder, 'use.json'), text)
      await assert.rejects(store.choices(), (error) => error instanceof ChoicesDamagedError && error.hint?.includes('use.json') === true)
    })
  }
  for (const name of ['', '../x', 'a/b', '.hidden', '0', 'a'.repeat(200)]) {
    it(`looks for no file called ${JSON.stringify(name)}`, async () => assert.rejects((await open()).store.find(name), { name: 'InvalidValueError' }))
  }
})

describe('freeName', () => {
  it('is the first that is free', () => {
    const damaged = [new BuilderDamagedError('builder1', 'f', new Error('x'))]
    assert.equal(freeName({ builders: [builderNamed('builder0'), builderNamed('builder3')], damaged }), 'builder2')
  })
})

describe('the file of a builder', () => {
  it('says what the builder is', () => {
    const platform = fc.constantFrom('linux/amd64', 'linux/arm64', 'linux/arm/v7', 'windows/amd64').map((text) => parsePlatform(text))
    const texts = fc.array(fc.tuple(fc.string().filter((key) => key !== '__proto__'), fc.string())).map((pairs) => new Map(pairs))
    const node = fc.record({ name: fc.string(), driver: fc.constantFrom(...DRIVER_NAMES), endpoint: fc.string(), platforms: fc.array(platform), options: texts, flags: fc.array(fc.string()), files: texts })
    const builder = fc.record({ name: fc.string(), nodes: fc.uniqueArray(node, { minLength: 1, selector: ({ name }) => name }) })
    const sorted = (made: Pick<Builder, 'name'> & { readonly nodes: readonly BuilderNode[] }): unknown => ({ ...made, nodes: made.nodes.map((one) => ({ ...one, options: [...one.options].toSorted(), files: [...one.files].toSorted() })) })
    fc.assert(fc.property(builder, ({ name, nodes: [first, ...rest] }) => {
      assert.ok(first)
      assert.deepEqual(sorted(parseBuilder(formatBuilder({ name, nodes: [first, ...rest] }), 'f')), sorted({ name, nodes: [first, ...rest] }))
    }))
  })
  it('leaves out what is empty, and takes a driver for all nodes', () => {
    const text = '{\n  "name": "b",\n  "nodes": [\n    {\n      "name": "n",\n      "driver": "embedded",\n      "endpoint": "embedded"\n    }\n  ]\n}\n'
    assert.equal(formatBuilder({ name: 'b', nodes: [plainNode('n', 'embedded', 'embedded')] }), text)
    assert.deepEqual(parseBuilder('{"name":"b","driver":"embedded","nodes":[{"name":"n","endpoint":"embedded"}]}', 'f'), parseBuilder(text, 'f'))
  })
})
