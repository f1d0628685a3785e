/** The frontend attribute, Pelago's own, that says which native twins emulated steps are given. */
export const ACCELERATE = 'pelago.accelerate'

export const ACCELERATE_MODES = ['on', 'verify', 'off'] as const

/** As people write it. */
export type AccelerateMode = (typeof ACCELERATE_MODES)[number]
