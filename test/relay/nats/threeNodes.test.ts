import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Presence } from "../../../src/index.ts"
import { type Client, connect, sees, until } from "../../fault/client.ts"
import { balance } from "../../support/balancer.ts"
import { isNatsMissing, make as makeNats } from "../../support/natsServer.ts"
import { type RelayNode, startNode } from "../../support/relayNodes.ts"
import { join } from "../RelayClient.ts"

const at = (field: string): Parameters<Presence["Service"]["report"]>[0] => [
  { documentId: "book", path: [field] }
]

const urlOf = (port: number) => `http://127.0.0.1:${port}`

const start = Effect.gen(function* () {
  const nats = yield* makeNats()
  const nodes: ReadonlyArray<RelayNode> = yield* Effect.all(
    [startNode(nats.url), startNode(nats.url), startNode(nats.url)],
    { concurrency: "unbounded" }
  )
  return { nats, nodes }
})

/** A client of a node, or of whatever is at that port. */
const enter = (port: number, name: string) => connect({ url: urlOf(port), token: `p-${name}` })

/** Waits until each of these sees all the others, each in its field. */
const untilAgreed = (clients: Readonly<Record<string, Client>>, field: string, limit?: number) =>
  Effect.forEach(
    Object.entries(clients),
    ([name, client]) => {
      const others = Object.keys(clients).filter((other) => other !== name)
      const expected = others.map((other) => `p-${other}@${field}`)
      return until(`${name} sees ${expected.join(", ")}`, sees(client, expected), limit)
    },
    { concurrency: "unbounded" }
  )

const reportAll = (clients: Readonly<Record<string, Client>>, field: string) =>
  Effect.forEach(Object.values(clients), ({ presence }) => presence.report(at(field)))

describe.skipIf(isNatsMissing)("three relays on a nats-server", () => {
  it.live("[S9] are one room: who joins, moves and leaves on one is seen on all", () =>
    Effect.gen(function* () {
      const { nodes } = yield* start
      const [one, two, three] = nodes.map(({ port }) => port)
      assert(one !== undefined && two !== undefined && three !== undefined)
      const clients = {
        ada: yield* enter(one, "ada"),
        bob: yield* enter(two, "bob"),
        cyd: yield* enter(three, "cyd")
      }
      yield* reportAll(clients, "title")
      yield* untilAgreed(clients, "title")
      yield* reportAll(clients, "body")
      yield* untilAgreed(clients, "body")

      // Each node knows everyone, and answers for all.
      for (const { url } of nodes) {
        const asker = yield* join(url, "p-asker")
        yield* asker.rollCall("asker")
        const present = yield* asker.rest
        assert.deepEqual(present.map(({ i }) => i).toSorted(), ["p-ada", "p-bob", "p-cyd"])
      }

      yield* clients.ada.close
      yield* until("bob sees ada leave", sees(clients.bob, ["p-cyd@body"]))
      yield* until("cyd sees ada leave", sees(clients.cyd, ["p-bob@body"]))
      assert.include(clients.bob.changes, "p-ada Left:disconnected")
    })
  )

  it.live("[S9] lose one: its clients come back elsewhere, and nobody has left or is doubled", () =>
    Effect.gen(function* () {
      const { nodes } = yield* start
      const [first, ...others] = nodes
      assert(first !== undefined)
      const { port, setLive } = yield* balance(nodes.map((node) => node.port))
      const names = ["ada", "bob", "cyd", "dan", "eve", "fay"]
      const clients: Record<string, Client> = {}
      for (const name of names) clients[name] = yield* enter(port, name)
      yield* reportAll(clients, "title")
      yield* untilAgreed(clients, "title")
      const joined = Object.values(clients).map(({ changes }) => changes.length)

      yield* setLive(first.port, false)
      yield* first.kill
      yield* until(
        "all are connected",
        Effect.map(
          Effect.forEach(Object.values(clients), ({ status }) => status),
          (statuses) => statuses.every(({ _tag }) => _tag === "Connected")
        )
      )
      yield* reportAll(clients, "body")
      yield* untilAgreed(clients, "body")
      // Longer than the others take to give the dead node up, and its clients to be ended.
      yield* Effect.sleep("8 seconds")
      yield* untilAgreed(clients, "body")
      for (const { url } of others) {
        const asker = yield* join(url, "p-asker")
        yield* asker.rollCall("asker")
        assert.lengthOf(yield* asker.rest, names.length)
      }
      for (const [index, client] of Object.values(clients).entries()) {
        const later = client.changes.slice(joined[index])
        assert.deepEqual(
          later.filter((change) => !change.endsWith("Moved")),
          []
        )
      }
    })
  )

  it.live("[S9] without NATS for 30 s go on by themselves, and agree when it is back", () =>
    Effect.gen(function* () {
      const { nats, nodes } = yield* start
      const [one, two, three] = nodes.map(({ port }) => port)
      assert(one !== undefined && two !== undefined && three !== undefined)
      const clients = {
        ada: yield* enter(one, "ada"),
        neighbour: yield* enter(one, "neighbour"),
        bob: yield* enter(two, "bob"),
        cyd: yield* enter(three, "cyd")
      }
      yield* reportAll(clients, "title")
      yield* untilAgreed(clients, "title")

      yield* nats.kill
      yield* clients.ada.presence.report(at("body"))
      yield* until(
        "the neighbour sees ada move",
        sees(clients.neighbour, ["p-ada@body", "p-bob@title", "p-cyd@title"])
      )
      yield* clients.bob.presence.report(at("body"))
      yield* Effect.sleep("30 seconds")
      // Nobody was given up meanwhile.
      assert.deepEqual(yield* clients.ada.seen, ["p-bob@title", "p-cyd@title", "p-neighbour@title"])

      yield* nats.start()
      const { bob, cyd, neighbour } = clients
      const agreed = performance.now()
      yield* until(
        "cyd sees where all are",
        sees(cyd, ["p-ada@body", "p-bob@body", "p-neighbour@title"])
      )
      yield* until(
        "bob sees where all are",
        sees(bob, ["p-ada@body", "p-cyd@title", "p-neighbour@title"])
      )
      yield* until(
        "the neighbour, too",
        sees(neighbour, ["p-ada@body", "p-bob@body", "p-cyd@title"])
      )
      console.log(
        `NATS away for 30 s: all agree ${Math.round(performance.now() - agreed)} ms after`
      )
      for (const client of Object.values(clients)) {
        assert.deepEqual(
          client.changes.filter((change) => change.includes("Left")),
          []
        )
      }
    })
  )
})
