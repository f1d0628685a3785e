import { buildkitRule } from '../rule.ts'

export const duplicateStageName = buildkitRule('DuplicateStageName', 'every stage has a name of its own', ({ dockerfile: { stages } }) =>
  stages.flatMap(({ from: { stageName, span }, index }) => {
    const isRepeated = stageName !== '' && stages.slice(0, index).some(({ from }) => from.stageName === stageName)
    return isRepeated ? [{ message: `an earlier stage has the name ${JSON.stringify(stageName)} already`, span }] : []
  }),
)
