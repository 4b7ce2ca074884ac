/**
 * One connection through the proxy.
 */
import type { Socket } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { type CutAfter, CutPoint, type Direction } from "./CutPoint.ts"
import { type HowToClose, Lane, type LaneSurroundings, reset, type Road } from "./Lane.ts"

/** What all connections have in common. */
export interface Surroundings extends LaneSurroundings {
  readonly roads: Readonly<Record<Direction, Road>>
  /** The open ones. */
  readonly links: Set<Link>
}

/** One connection: two sockets and the lanes between them. */
export class Link {
  /** Done when both sides are closed. */
  readonly closed = Deferred.makeUnsafe<void>()
  private readonly lanes: Readonly<Record<Direction, Lane>>
  private readonly links: Set<Link>
  private readonly open: Set<Socket>

  constructor(client: Socket, upstream: Socket, surroundings: Surroundings) {
    const { links, roads } = surroundings
    const close = (how: HowToClose) => this.close(how)
    this.links = links
    this.open = new Set([client, upstream])
    this.lanes = {
      up: new Lane(upstream, roads.up, surroundings, close),
      down: new Lane(client, roads.down, surroundings, close)
    }
    links.add(this)
    this.follow(client, this.lanes.up)
    this.follow(upstream, this.lanes.down)
  }

  /** Closes both sides. */
  close(how: HowToClose): void {
    this.stopLanes()
    for (const socket of this.open) {
      if (how === "reset") reset(socket)
      else if (how === "flush") socket.destroySoon()
      else socket.destroy()
    }
  }

  cutAfter(cut: CutAfter): void {
    const cutPoint = new CutPoint(cut)
    if (cutPoint.isReached) this.close("flush")
    this.lanes[cut.direction].cutPoint = cutPoint
  }

  swallow(): void {
    this.lanes.up.swallow()
    this.lanes.down.swallow()
  }

  heal(): void {
    this.lanes.up.heal()
    this.lanes.down.heal()
  }

  private follow(source: Socket, lane: Lane): void {
    source.on("data", (chunk) => lane.receive(chunk))
    source.on("end", () => lane.finish("end"))
    // The close that follows says so, too.
    source.on("error", () => undefined)
    source.on("close", (hadError) => {
      this.open.delete(source)
      if (hadError) lane.finish("reset")
      if (this.open.size === 0) this.end()
    })
  }

  private end(): void {
    this.stopLanes()
    this.links.delete(this)
    Deferred.doneUnsafe(this.closed, Effect.void)
  }

  private stopLanes(): void {
    this.lanes.up.stop()
    this.lanes.down.stop()
  }
}
