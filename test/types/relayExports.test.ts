/** What stands in the signatures of the relay's entry can be named; `npx tsc` is what fails here. */
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import type * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Main from "../../src/relay/index.ts"
import type {
  Admission,
  AuthScope,
  BackplaneCounts,
  BackplaneRefusal,
  BackplaneStatus,
  MessageDropReason,
  MemoryBusOptions,
  NatsOptions,
  NatsTlsOptions,
  RelayOptions,
  RelayTls,
  RoomAddress,
  SanityAuthOptions,
  TokensFileOptions,
  Topic
} from "../../src/relay/index.ts"

describe("the exports of the relay's entry", () => {
  it("are these", () => {
    assert.deepStrictEqual(Object.keys(Main).toSorted(), [
      "AuthUnavailable",
      "Backplane",
      "BackplaneError",
      "MemoryBus",
      "NatsBackplane",
      "Relay",
      "RelayAuth",
      "RelayError",
      "SanityAuth",
      "TokenRefused",
      "TokensFileAuth",
      "TokensFileError"
    ])
  })

  it("give layers of the authentication and of the backplane", () => {
    expectTypeOf(Main.SanityAuth.layer).toEqualTypeOf<
      (options?: SanityAuthOptions) => Layer.Layer<Main.RelayAuth>
    >()
    expectTypeOf(Main.TokensFileAuth.layer).toEqualTypeOf<
      (
        path: string,
        options?: TokensFileOptions
      ) => Layer.Layer<Main.RelayAuth, Main.TokensFileError, FileSystem.FileSystem>
    >()
    expectTypeOf(Main.NatsBackplane.layer).toEqualTypeOf<
      (options: NatsOptions) => Layer.Layer<Main.Backplane, Main.BackplaneError>
    >()
  })

  it("name what their options and methods are made of", () => {
    expectTypeOf<RelayOptions["tls"]>().toEqualTypeOf<RelayTls | undefined>()
    expectTypeOf<NatsOptions["tls"]>().toEqualTypeOf<NatsTlsOptions | undefined>()
    expectTypeOf<SanityAuthOptions>().toExtend<Admission>()
    expectTypeOf<RoomAddress>().toExtend<AuthScope>()
    expectTypeOf(Main.MemoryBus.make).toEqualTypeOf<
      (options?: MemoryBusOptions) => Effect.Effect<Main.MemoryBus>
    >()
    type Backplane = Main.Backplane["Service"]
    expectTypeOf<Backplane["publish"]>().toEqualTypeOf<(topic: Topic, message: string) => void>()
    expectTypeOf<Backplane["counts"]>().returns.toEqualTypeOf<BackplaneCounts>()
    expectTypeOf<Backplane["status"]>().returns.toEqualTypeOf<BackplaneStatus>()
    expectTypeOf<NonNullable<Backplane["refusal"]>>().returns.toEqualTypeOf<
      BackplaneRefusal | undefined
    >()
    expectTypeOf<BackplaneCounts["dropped"]>().toEqualTypeOf<
      ReadonlyMap<MessageDropReason, number>
    >()
  })
})
