import type { RoomAddress } from "./RoomAddress.ts"
export type Topic =
  | { readonly _tag: "Room"; readonly room: RoomAddress }
  | { readonly _tag: "Node"; readonly node: string }
  | { readonly _tag: "Cluster" }
