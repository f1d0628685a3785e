import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  objectList, optionalBoolean, optionalNumber, optionalObject, optionalString, optionalStringList, parseJsonObject, requiredNumber, requiredObject, requiredString, stringListMap,
  stringMap, type JsonObject,
} from './jsonValue.ts'

const json = parseJsonObject(
  '{"s":"text","n":1,"b":false,"none":null,"o":{"k":"v"},"l":["a","b"],"objects":[{"k":1},{"k":2}],"mixed":["a",1],"lists":{"k":["v"]},"__proto__":{"evil":"yes"}}',
  'the file',
)

describe('JSON fields', () => {
  const read: { name: string; got: () => unknown; want: unknown }[] = [
    { name: 'a string', got: () => requiredString(json, 's'), want: 'text' },
    { name: 'a number', got: () => requiredNumber(json, 'n'), want: 1 },
    { name: 'false', got: () => optionalBoolean(json, 'b'), want: false },
    { name: 'an object', got: () => [...requiredObject(json, 'o').fields], want: [['k', 'v']] },
    { name: 'a list of strings', got: () => optionalStringList(json, 'l'), want: ['a', 'b'] },
    { name: 'a list of objects', got: () => objectList(json, 'objects').map((item) => requiredNumber(item, 'k')), want: [1, 2] },
    { name: 'an object of strings', got: () => [...stringMap(json, 'o')], want: [['k', 'v']] },
    { name: 'an object of lists', got: () => [...stringListMap(json, 'lists')], want: [['k', ['v']]] },
    { name: 'a field named like a part of every object', got: () => optionalString(json, 'constructor'), want: undefined },
    { name: 'a field named __proto__', got: () => [...stringMap(json, '__proto__')], want: [['evil', 'yes']] },
  ]
  for (const { name, got, want } of read) {
    it(`are read: ${name}`, () => assert.deepEqual(got(), want))
  }

  for (const key of ['absent', 'none']) {
    it(`are undefined or empty where ${key}`, () => {
      const readers = [optionalString, optionalNumber, optionalBoolean, optionalObject, optionalStringList]
      assert.deepEqual(readers.map((reader) => reader(json, key)), [undefined, undefined, undefined, undefined, undefined])
      assert.deepEqual([objectList(json, key), stringMap(json, key), stringListMap(json, key)], [[], new Map(), new Map()])
    })
  }

  const refused: { read: (object: JsonObject) => unknown; message: string }[] = [
    { read: (object) => requiredString(object, 'absent'), message: 'the file has no absent' },
    { read: (object) => optionalString(object, 'n'), message: 'the file.n is not a string' },
    { read: (object) => optionalNumber(object, 's'), message: 'the file.s is not a number' },
    { read: (object) => optionalBoolean(object, 's'), message: 'the file.s is not true or false' },
    { read: (object) => optionalObject(object, 'l'), message: 'the file.l is not an object' },
    { read: (object) => objectList(object, 'o'), message: 'the file.o is not a list' },
    { read: (object) => objectList(object, 'l'), message: 'the file.l[0] is not an object' },
    { read: (object) => optionalStringList(object, 'mixed'), message: 'the file.mixed[1] is not a string' },
    { read: (object) => requiredString(requiredObject(object, 'o'), 'absent'), message: 'the file.o has no absent' },
  ]
  for (const { read: reader, message } of refused) {
    it(`are refused: ${message}`, () => assert.throws(() => reader(json), { name: 'InvalidValueError', message }))
  }
})

describe('parseJsonObject', () => {
  for (const { text, message } of [
    { text: '', message: 'the file is not JSON' },
    { text: '{', message: 'the file is not JSON' },
    { text: '[]', message: 'the file is not an object' },
    { text: 'null', message: 'the file is not an object' },
    { text: '"text"', message: 'the file is not an object' },
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseJsonObject(text, 'the file'), { name: 'InvalidValueError', message }))
  }
})
