import { hueOf } from "../../src/react/index.ts"

/** The class that gives an element the colour of a user. */
export const hueClass = (userId: string): string => `hue-${hueOf(userId)}`
