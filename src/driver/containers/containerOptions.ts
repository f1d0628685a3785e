import { InvalidValueError } from '../../ground/errors.ts'
import { parseByteCount } from '../../ground/quantity/byteSize.ts'
import { createOptionCheck, filledValue, type OptionCheck, type OptionRule } from '../builders/optionCheck.ts'

const RULES: ReadonlyMap<string, OptionRule> = new Map([
  ['image', filledValue],
  ['network', filledValue],
  ['memory', sizeValue],
  ['memory-swap', (value) => (value === '-1' ? undefined : sizeValue(value))],
  ['cpu-period', wholeValue],
  ['cpu-quota', wholeValue],
  ['cpu-shares', wholeValue],
  ['cpuset-cpus', listValue],
  ['cpuset-mems', listValue],
  ['cgroup-parent', filledValue],
  ['restart-policy', policyValue],
  ['provenance-add-gha', (value) => (value === 'false' ? undefined : 'write false: what a workflow was started by is not put into provenance')],
  ['env.', lineValue],
])

const checkKeys = createOptionCheck('docker-container', RULES)

/** The options of the driver docker-container, with buildx's names. */
export const checkContainerOptions: OptionCheck = (options) => {
  checkKeys(options)
  const nameless = [...options.keys()].find((key) => key.startsWith('env.') && !/^env\.[^\s=#][^\s=]*$/.test(key))
  if (nameless !== undefined) throw new InvalidValueError(`--driver-opt ${JSON.stringify(nameless)} names no variable`, { hint: 'write env.NAME=VALUE' })
}

function sizeValue(value: string): string | undefined {
  return parseByteCount(value) === undefined ? 'write a number and b, k, m or g, such as 2g' : undefined
}

function wholeValue(value: string): string | undefined {
  return /^-?\d+$/.test(value) ? undefined : 'write a whole number'
}

function listValue(value: string): string | undefined {
  return /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/.test(value) ? undefined : 'write numbers, such as 0-3 or 0,1 (with a comma in quotes: --driver-opt \'"cpuset-cpus=0,1"\')'
}

function policyValue(value: string): string | undefined {
  return /^(?:no|always|unless-stopped|on-failure(?::\d+)?)$/.test(value) ? undefined : 'write no, always, unless-stopped or on-failure[:TIMES]'
}

/** Docker reads variables from lines. */
function lineValue(value: string): string | undefined {
  return /[\n\r]/.test(value) ? 'write one line' : undefined
}
