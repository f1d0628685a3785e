import type { Scenario } from '../scenario.ts'
import { cached } from './cached.ts'
import { coldBuild } from './coldBuild.ts'
import { emulated, emulatedInstalls } from './emulated.ts'
import { growingFiles, growingLayers, growingPlatforms, growingSteps } from './growth.ts'
import { layerExport } from './layerExport.ts'
import { oneFile } from './oneFile.ts'
import { pull } from './pull.ts'

/** In the order in which they are run and shown. */
export const SCENARIOS: readonly Scenario[] = [cached, oneFile, coldBuild, layerExport, pull, emulated, emulatedInstalls, growingFiles, growingPlatforms, growingSteps, growingLayers]
