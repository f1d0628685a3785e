import { buildkitRule } from '../rule.ts'

const RESERVED = ['context', 'scratch']

export const reservedStageName = buildkitRule('ReservedStageName', 'a stage has no name that means something else to Dockerfiles', ({ dockerfile }) =>
  dockerfile.stages.flatMap(({ from: { stageName, span } }) => (RESERVED.includes(stageName) ? [{ message: `the stage name ${JSON.stringify(stageName)} is reserved`, span }] : [])),
)
