/** Awareness without a connection. */
export {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates
} from "y-protocols/awareness"
export { Doc } from "yjs"
