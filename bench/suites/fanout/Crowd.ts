/**
 * Members of one room, all in this process, who send states and note who received which of them when.
 * Whoever receives a state twice, too late or not as the others did, ends the measurement.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { nameOf, type Protocol, type State } from "./protocols.ts"
import { RawSocket } from "./RawSocket.ts"

/** Milliseconds of a clock that never goes back. */
export const now = () => performance.now()

export const sleep = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** How long it may take until everyone has everything, in milliseconds. */
const patience = 120_000

/** How many connect at a time. */
const atOnce = 50

/** Does it for all, some at a time. */
export const forAll = async <A>(
  count: number,
  run: (index: number) => Promise<A>
): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for (let from = 0; from < count; from += atOnce) {
    const length = Math.min(atOnce, count - from)
    all.push(...(await Promise.all(Array.from({ length }, (_, at) => run(from + at)))))
  }
  return all
}

const at = "@".charCodeAt(0)
const zero = "0".charCodeAt(0)

/** What tells one state from all others, as text of the same length: `@<sender><sequence>@`. */
const markOf = (sender: number, sequence: number) =>
  `@${String(sender).padStart(4, "0")}${String(sequence).padStart(6, "0")}@`

const numberAt = (buffer: Buffer, from: number, digits: number) => {
  let value = 0
  for (let index = from; index < from + digits; index++) {
    value = value * 10 + (buffer[index] ?? 0) - zero
  }
  return value
}

/**
 * - `members`: all receive.
 * - `senders`: so many of them send, spread evenly.
 * - `bytes`: of each message as it is received.
 */
export interface Size {
  readonly members: number
  readonly senders: number
  readonly bytes: number
}

const lastActiveAt = new Date().toISOString()

export class Crowd {
  readonly sockets: ReadonlyArray<RawSocket>
  readonly size: Size
  /** Messages with a state of someone, to anyone, since it was set to 0. */
  deliveries = 0
  /** Milliseconds from sending to receipt, of each state to each member, while it is defined. */
  latencies: Array<number> | undefined
  /** Called when a sender has its own. */
  onEcho: (sender: number) => void = () => {}
  /** Whose latencies do not count, and for whom nobody waits. */
  readonly stalled = new Set<number>()

  readonly #protocol: Protocol
  /** Members take turns with the nodes of a server; each has an id of its own for the subscription. */
  readonly #nodes: number
  readonly #sentAt: ReadonlyArray<Array<number>>
  /** Of each member and sender, the latest that was received. */
  readonly #seen: Int32Array
  /** Where in a message the mark stands. */
  #offset = 0
  #pad = ""
  #messages: Map<string, Buffer> | undefined

  private constructor(
    protocol: Protocol,
    size: Size,
    sockets: ReadonlyArray<RawSocket>,
    nodes: number
  ) {
    this.#protocol = protocol
    this.#nodes = nodes
    this.size = size
    this.sockets = sockets
    this.#sentAt = Array.from({ length: size.senders }, () => [])
    this.#seen = new Int32Array(size.members * size.senders).fill(-1)
  }

  /**
   * Opens the connections of everyone and has them join; their names count up from `first`. Where there
   * are several URLs, they are nodes of one server: members go to each in turn.
   */
  static async join(
    url: string | readonly [string, ...ReadonlyArray<string>],
    protocol: Protocol,
    size: Size,
    first = 0
  ): Promise<Crowd> {
    const urls = typeof url === "string" ? ([url] as const) : url
    const sockets = await forAll(size.members, async (member) => {
      const socket = await RawSocket.open(urls[member % urls.length] ?? urls[0], protocol.path)
      await protocol.enter(socket, first + member)
      return socket
    })
    return new Crowd(protocol, size, sockets, urls.length)
  }

  /** The member that is a sender. */
  memberOf(sender: number): number {
    return Math.floor((sender * this.size.members) / this.size.senders)
  }

  /** Finds out how a state looks when it is received, and makes everyone listen for that. */
  async calibrate(): Promise<void> {
    const first = this.sockets[0]
    if (first === undefined) throw new Error("nobody is there")
    for (let times = 0; times < 8; times++) {
      const mark = markOf(0, this.#sentAt[0]?.length ?? 0)
      const received = first.expect((payload) => payload.includes(mark))
      this.send(0)
      const payload = await received
      const missing = this.size.bytes - payload.length
      this.#offset = payload.indexOf(mark)
      if (missing === 0) return this.#listen()
      const length = this.#pad.length + missing
      if (length < 0) throw new Error(`no message is as short as ${this.size.bytes} bytes`)
      this.#pad = "x".repeat(length)
    }
    throw new Error("the messages of this server have no constant size")
  }

  async #listen(): Promise<void> {
    for (const [member, socket] of this.sockets.entries()) {
      socket.onMessage = (buffer, from, to) => this.#receive(member, buffer, from, to)
    }
    this.send(0)
    await this.settle()
  }

  #stateOf(sender: number, sequence: number): State {
    const path = [markOf(sender, sequence)]
    return {
      sessionId: nameOf(this.memberOf(sender)),
      locations: [{ type: "document", path, documentId: `d${this.#pad}`, lastActiveAt }]
    }
  }

  send(sender: number): void {
    const sent = this.#sentAt[sender]
    const member = this.memberOf(sender)
    const socket = this.sockets[member]
    if (sent === undefined || socket === undefined) throw new Error(`no sender ${sender}`)
    const sequence = sent.length
    const frame = this.#protocol.encode(member, sequence, this.#stateOf(sender, sequence))
    sent.push(now())
    socket.write(frame)
  }

  /** How many states were sent. */
  get sent(): number {
    return this.#sentAt.reduce((sum, sent) => sum + sent.length, 0)
  }

  #receive(member: number, buffer: Buffer, from: number, to: number): void {
    const mark = from + this.#offset
    if (to - from !== this.size.bytes || buffer[mark] !== at || buffer[mark + 11] !== at) {
      return this.#other(member, buffer, from, to)
    }
    const sender = numberAt(buffer, mark + 1, 4)
    const sequence = numberAt(buffer, mark + 5, 6)
    const sent = this.#sentAt[sender]
    const index = member * this.size.senders + sender
    const seen = this.#seen[index] ?? -1
    if (sent === undefined || sequence <= seen || sequence >= sent.length) {
      throw new Error(`member ${member} got ${sequence} of ${sender} after ${seen}`)
    }
    this.#seen[index] = sequence
    this.deliveries += 1
    if (this.latencies !== undefined && !this.stalled.has(member)) {
      const received = now()
      // A server may leave out states that a later one has replaced.
      for (let each = seen + 1; each <= sequence; each++) {
        this.latencies.push(received - (sent[each] ?? Number.NaN))
      }
    }
    if (this.#messages !== undefined) {
      const key = `${sender} ${sequence} ${member % this.#nodes}`
      this.#compare(key, this.#stateOf(sender, sequence), buffer.subarray(from, to))
    }
    if (this.memberOf(sender) === member) this.onEcho(sender)
  }

  #other(member: number, buffer: Buffer, from: number, to: number): void {
    const socket = this.sockets[member]
    if (to - from < 8) {
      const answer = this.#protocol.answer?.(Buffer.from(buffer.subarray(from, to)))
      if (answer !== undefined) socket?.write(answer)
    }
    socket?.tell(buffer, from, to)
  }

  #compare(key: string, sent: State, message: Buffer): void {
    const first = this.#messages?.get(key)
    if (first === undefined) {
      this.#messages?.set(key, Buffer.from(message))
      const state = this.#protocol.decode(Buffer.from(message))
      deepStrictEqual(state, sent)
    } else if (!first.equals(message)) {
      throw new Error(`not everyone got the same bytes: ${first} and ${message}`)
    }
  }

  #isSettled(): boolean {
    const { senders } = this.size
    return this.#seen.every((seen, index) => {
      if (this.stalled.has(Math.floor(index / senders))) return true
      return seen === (this.#sentAt[index % senders]?.length ?? 0) - 1
    })
  }

  /** Waits until everyone has the latest state of every sender; gives when that was seen. */
  async settle(): Promise<number> {
    for (const started = now(); now() - started < patience;) {
      if (this.#isSettled()) return now()
      await sleep(1)
    }
    const closed = this.sockets.filter(({ closeCode }) => closeCode !== undefined).length
    throw new Error(`not everyone got everything; ${closed} connections were closed`)
  }

  /**
   * Every sender sends `rounds` times: everyone gets all of it, once, as it was, all of a node the same
   * bytes.
   */
  async verify(rounds = 2): Promise<void> {
    this.#messages = new Map()
    const before = this.deliveries
    const { members, senders } = this.size
    for (let round = 0; round < rounds; round++) {
      for (let sender = 0; sender < senders; sender++) this.send(sender)
      await this.settle()
    }
    const nodes = Math.min(this.#nodes, members)
    strictEqual(this.#messages.size, rounds * senders * nodes, "states that were received")
    const everyone = members - this.stalled.size
    strictEqual(this.deliveries - before, rounds * senders * everyone, "deliveries")
    this.#messages = undefined
  }
}
