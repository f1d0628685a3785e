import { InvalidValueError } from '../../ground/errors.ts'
import { nearest } from '../../ground/nearest.ts'
import { ACCELERATE_MODES } from '../../graph/accelerate.ts'
import { ACCELERATE_OPTION, DEFAULT_LOAD, type DriverName } from './builder.ts'

/** Looks at all options of a node. @throws InvalidValueError on the first that its driver does not know, or not with that value */
export type OptionCheck = (options: ReadonlyMap<string, string>) => void

/** What to write instead; undefined where the value is good. */
export type OptionRule = (value: string) => string | undefined

/** A check of options by their keys; a key that ends in a dot is that of all options that begin with it: `env.`. */
export function createOptionCheck(driver: DriverName, own: ReadonlyMap<string, OptionRule>): OptionCheck {
  const rules = new Map([...own, [DEFAULT_LOAD, booleanValue] as const, [ACCELERATE_OPTION, accelerateMode] as const])
  return (options) => {
    for (const [key, value] of options) {
      const rule = rules.get(key) ?? rules.get(`${key.split('.', 1)[0] ?? ''}.`)
      if (rule === undefined) throw unknownOption(driver, key, [...rules.keys()])
      const advice = rule(value)
      if (advice !== undefined) throw new InvalidValueError(`--driver-opt ${key} does not take ${JSON.stringify(value)}`, { hint: advice })
    }
  }
}

export function booleanValue(value: string): string | undefined {
  return value === 'true' || value === 'false' ? undefined : 'write true or false'
}

function accelerateMode(value: string): string | undefined {
  return ACCELERATE_MODES.some((mode) => mode === value) ? undefined : `write one of ${ACCELERATE_MODES.join(', ')}`
}

/** Anything but nothing. */
export function filledValue(value: string): string | undefined {
  return value === '' ? 'write KEY=VALUE' : undefined
}

function unknownOption(driver: DriverName, key: string, known: readonly string[]): InvalidValueError {
  const close = nearest(key, known)
  const list = known.toSorted().map((name) => (name.endsWith('.') ? `${name}NAME` : name)).join(', ')
  return new InvalidValueError(`--driver-opt ${key} is not supported by the driver ${driver}`, { hint: `${close === undefined ? '' : `did you mean ${close}? `}it has ${list}` })
}
