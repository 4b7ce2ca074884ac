/** Presence in tests: a room in memory whose network the test controls. */
export { type Colleague, makeTestRoom, type TestRoomHandle } from "./makeTestRoom.ts"
export { type JoinOptions, type Participant, type Receiver, TestRoom } from "./TestRoom.ts"
export * as TestTransport from "./TestTransport.ts"
export { TestNetwork } from "./TestTransport.ts"
