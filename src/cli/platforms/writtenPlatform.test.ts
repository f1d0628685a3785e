import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OTHER_NAMES } from '../../ground/architectureNames.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import type { UsageError } from '../flags/usageError.ts'
import { ARCHITECTURE_FACTS } from './architectureFacts.ts'
import { readWrittenPlatform } from './writtenPlatform.ts'

const HOST = parsePlatform('linux/s390x')

describe('readWrittenPlatform', () => {
  const cases = [
    { text: 'linux/arm/v6', want: 'linux/arm/v6', remark: /^$/ },
    { text: 'linux/amd64', want: 'linux/amd64', remark: /^$/ },
    { text: 'windows/amd64', want: 'windows/amd64', remark: /^$/ },
    { text: 'linux', want: 'linux/s390x', remark: /this machine's CPU/ },
    { text: 'aarch64', want: 'linux/arm64', remark: /^aarch64 is another way to write linux\/arm64$/ },
    { text: 'linux/x86_64/v3', want: 'linux/amd64/v3', remark: /another way to write linux\/amd64\/v3/ },
    { text: 'linux/arm64/v8', want: 'linux/arm64', remark: /another way to write linux\/arm64$/ },
    { text: 'linux/arm', want: 'linux/arm/v7', remark: /another way/ },
    { text: 'armhf', want: 'linux/arm/v7', remark: /Raspberry Pi OS says armhf for linux\/arm\/v6/ },
    { text: 'i386', want: 'linux/386', remark: /another way/ },
    { text: 'linux/ppc64el', want: 'linux/ppc64le', remark: /^ppc64el is a name of Debian, which Docker does not know: write linux\/ppc64le$/ },
    { text: 'armv7l', want: 'linux/arm/v7', remark: /uname -m, which Docker does not know: write linux\/arm\/v7/ },
    { text: 'loongarch64', want: 'linux/loong64', remark: /Docker does not know/ },
    { text: 'armv8', want: 'linux/arm64', remark: /a name of other tools/ },
  ]
  for (const { text, want, remark } of cases) {
    it(`reads ${text} as ${want}`, () => {
      const { platform, remarks } = readWrittenPlatform(text, HOST)
      assert.equal(formatPlatform(platform), want)
      assert.match(remarks.join('; '), remark)
    })
  }

  const refused = [
    { text: 'amd65', message: /no architecture "amd65"/, hint: 'the nearest is linux/amd64' },
    { text: 'linux/aarch46', message: /no architecture/, hint: 'the nearest is linux/arm64' },
    { text: 'linux/arm/v99', message: /arm has no variant "v99", but v5, v6, v7, v8/, hint: 'the nearest is linux/arm/v7' },
    { text: 'linux/arm/v4', message: /no variant "v4"/, hint: 'the nearest is linux/arm/v5' },
    { text: 'linux/amd64/v5', message: /but v2, v3, v4/, hint: 'the nearest is linux/amd64/v4' },
    { text: 'linux/arm64/v7', message: /no variant "v7"/, hint: 'the nearest is linux/arm64' },
    { text: 'linux/s390x/v2', message: /s390x has no variants/, hint: 'the nearest is linux/s390x' },
    { text: 'arm64/v9', message: /no operating system "arm64"/, hint: 'the nearest is linux/arm64/v9' },
    { text: 'linus/amd64', message: /no operating system "linus"/, hint: 'the nearest is linux/amd64' },
    { text: 'toaster', message: /no architecture/, hint: `there are ${[...ARCHITECTURE_FACTS.keys()].map((one) => `linux/${one}`).join(', ')}` },
    { text: '', message: /os\/arch/, hint: 'the nearest is linux/arm64' },
    { text: 'linux//v7', message: /os\/arch/, hint: 'the nearest is linux/arm64' },
    { text: 'linux/am d64', message: /invalid platform/, hint: 'write os/arch[/variant], such as linux/arm64' },
  ]
  for (const { text, message, hint } of refused) {
    it(`refuses ${JSON.stringify(text)}, and names the nearest`, () => {
      assert.throws(() => readWrittenPlatform(text, HOST), (error: UsageError) => message.test(error.message) && error.hint === hint)
    })
  }

  for (const { name, architecture } of OTHER_NAMES) {
    it(`knows ${name} as ${architecture}, which has facts`, () => {
      assert.equal(readWrittenPlatform(name, HOST).platform.architecture, architecture)
      assert.ok(ARCHITECTURE_FACTS.has(architecture))
    })
  }
})
