import type { HclFunction } from '../evaluate/scope.ts'
import { string } from '../values/value.ts'
import { MAPS } from './collections/maps.ts'
import { SEQUENCES } from './collections/sequences.ts'
import { SETS } from './collections/sets.ts'
import { CONTROL } from './control.ts'
import { defineFunction } from './define.ts'
import { digestFunctions } from './encoding/digests.ts'
import { ENCODINGS } from './encoding/encodings.ts'
import type { LibraryPorts } from './libraryPorts.ts'
import { NETWORKS } from './network/networks.ts'
import { ARITHMETIC } from './numbers/arithmetic.ts'
import { LOGIC } from './numbers/logic.ts'
import { FORMATS } from './text/format.ts'
import { PATTERNS } from './text/patterns.ts'
import { SEMVER } from './text/semver.ts'
import { TEXTS } from './text/texts.ts'
import { timeFunctions } from './time/times.ts'

/** All functions that bake files have without defining them, by name (docker/buildx, docs/bake-stdlib.md). */
export function createStandardLibrary(ports: LibraryPorts): ReadonlyMap<string, HclFunction> {
  return new Map([
    ...ARITHMETIC,
    ...LOGIC,
    ...TEXTS,
    ...FORMATS,
    ...PATTERNS,
    ...SEMVER,
    ...SEQUENCES,
    ...MAPS,
    ...SETS,
    ...ENCODINGS,
    ...NETWORKS,
    ...CONTROL,
    ...digestFunctions(ports),
    ...timeFunctions(ports),
    ['homedir', defineFunction([], () => string(ports.homeFolder()))],
  ])
}
