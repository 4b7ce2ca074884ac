/**
 * Every tunable in one place, with its unit and the reason for its default.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import { invalidConfiguration } from "./PresenceError.ts"

/**
 * The most that is taken in. What is beyond is left out and counted, so that nobody can fill the
 * memory of everyone else.
 */
export interface Limits {
  /**
   * Sessions of one user. 100: more tabs and devices than a person has, or a bot in every dataset.
   */
  readonly sessionsPerUser: number
  /** Sessions in the room. 10,000: a hundred times the largest rooms that peers speak of. */
  readonly sessions: number
  /** Locations of one session. 100: far more than a form has open at a time. */
  readonly locations: number
  /** Segments of a path. 64: deeper than a schema nests. */
  readonly pathLength: number
  /** Characters of an id, a field name, a key or a time. 512: ids have up to 128. */
  readonly stringLength: number
  /** Characters of a frame. 1,048,576: one that says as much as the limits above allow is smaller. */
  readonly frameLength: number
  /**
   * Characters of an announce of our own. 65,536: servers close a connection for frames over
   * 256 KiB, and a character takes up to 3 bytes.
   */
  readonly announceLength: number
  /**
   * Changes that may wait for a reader of `changes`; instead of more it gets one `Reset`. 10,000: what a
   * room of 100 people who all move five times a second tells in 20 s, about 5 MB.
   */
  readonly unreadChanges: number
}

/** The tunables of the client. Build one with {@link make}, provide it with {@link layer}. */
export interface PresenceConfigShape {
  /**
   * How long a socket may take to open. 10 s: longer than any healthy network needs, shorter than a
   * person waits.
   */
  readonly openTimeout: Duration.Duration
  /**
   * How long a token may take to be given, and its authorization to be answered. 10 s: as long as a
   * relay lets a connection be without one.
   */
  readonly authorizeTimeout: Duration.Duration
  /**
   * How long any other request may take to be answered. 10 s: longer than any healthy network needs,
   * shorter than a person waits.
   */
  readonly requestTimeout: Duration.Duration
  /** The first wait before a reconnect; it doubles with every attempt. 100 ms, like Studio. */
  readonly backoffBase: Duration.Duration
  /** The longest wait between two attempts. 240 s, like Studio. */
  readonly backoffMax: Duration.Duration
  /**
   * Within what time those whom a server sends away (close codes 1012 and 1013) come back: the first
   * wait is a random part of it, a quarter at least, and so is each next one, of a span that begins to
   * grow when the trouble has lasted for longer. 7 s: where a server with 500 clients is gone for 2 s,
   * they make less than 150 attempts a second, and all are back within 9 s.
   */
  readonly restartSpread: Duration.Duration
  /**
   * How long a connection must have held before the backoff starts over. 10 s: a server that
   * accepts and drops at once is not hammered.
   */
  readonly stableAfter: Duration.Duration
  /**
   * A connection is not suspected before it has been silent for this long, or three times the
   * longest silence that was ever ended by a frame. 45 s: the heartbeats of servers are up to 30 s
   * apart.
   */
  readonly silenceMin: Duration.Duration
  /**
   * How long nobody may see the page before presence leaves the room, to come back when it is
   * shown. Never by default: a tab in the background is still open.
   */
  readonly hiddenTimeout: Duration.Duration
  /**
   * How often a session announces itself while nothing changes. 30 s, like Studio and the App SDK:
   * they drop a session after 90 s without a word.
   */
  readonly announceInterval: Duration.Duration
  /** Changes within this window after an announce go out as one. 200 ms, like Studio. */
  readonly announceWindow: Duration.Duration
  /**
   * The longest delay of an answer to a roll call. 1 s: answers of a large room spread over it
   * instead of arriving at once.
   */
  readonly rollCallJitterMax: Duration.Duration
  /** How much of that delay each known session adds. 5 ms: two hundred sessions reach 1 s. */
  readonly rollCallJitterPerSession: Duration.Duration
  /** How long a session is kept after its last word. 90 s: three missed announces. */
  readonly sessionTtl: Duration.Duration
  /**
   * After how long without activity a session is idle. 60 s: others tell of theirs every 30 s, and
   * one announce may be missed.
   */
  readonly idleAfter: Duration.Duration
  /** After how long without activity a session is away. 5 min: ten announces that tell of none. */
  readonly awayAfter: Duration.Duration
  /**
   * How long sessions from before a reconnect have to answer the new roll call. 5 s: Studio answers
   * within 200 ms, ours within 1 s.
   */
  readonly staleTimeout: Duration.Duration
  /** `ready` waits for this long without a newcomer after the roll call. 1 s: answers are spread over as much. */
  readonly readyQuiet: Duration.Duration
  /** `ready` waits at most this long after the roll call. 3 s: people may come and go without end. */
  readonly readyMax: Duration.Duration
  /**
   * How long a closing scope waits for the goodbye to be answered. 1 s: a server that is gone must not
   * keep a program from ending.
   */
  readonly goodbyeTimeout: Duration.Duration
  /**
   * How long a connection outlives the last of its React users. 500 ms: React unmounts and mounts
   * again (StrictMode, Suspense, navigation) without a leave and a join for everyone else.
   */
  readonly lingerTimeout: Duration.Duration
  /** The most that is taken in, so that nobody can fill the memory of everyone else. */
  readonly limits: Limits
}

const defaults: PresenceConfigShape = {
  openTimeout: Duration.seconds(10),
  authorizeTimeout: Duration.seconds(10),
  requestTimeout: Duration.seconds(10),
  backoffBase: Duration.millis(100),
  backoffMax: Duration.seconds(240),
  restartSpread: Duration.seconds(7),
  stableAfter: Duration.seconds(10),
  silenceMin: Duration.seconds(45),
  hiddenTimeout: Duration.infinity,
  announceInterval: Duration.seconds(30),
  announceWindow: Duration.millis(200),
  rollCallJitterMax: Duration.seconds(1),
  rollCallJitterPerSession: Duration.millis(5),
  sessionTtl: Duration.seconds(90),
  idleAfter: Duration.seconds(60),
  awayAfter: Duration.minutes(5),
  staleTimeout: Duration.seconds(5),
  readyQuiet: Duration.seconds(1),
  readyMax: Duration.seconds(3),
  goodbyeTimeout: Duration.seconds(1),
  lingerTimeout: Duration.millis(500),
  limits: {
    sessionsPerUser: 100,
    sessions: 10_000,
    locations: 100,
    pathLength: 64,
    stringLength: 512,
    frameLength: 1_048_576,
    announceLength: 65_536,
    unreadChanges: 10_000
  }
}

/** The tunables that are lengths of time. */
type Times = Omit<PresenceConfigShape, "limits">

/** What of the defaults to change. A number is one of milliseconds; `"30 seconds"` says its unit. */
export type PresenceConfigInput = {
  readonly [K in keyof Times]?: Duration.Input | undefined
} & {
  /** Which limits to change; the others stay. */
  readonly limits?: { readonly [K in keyof Limits]?: number | undefined } | undefined
}

/**
 * The tunables, with defaults that fit Studio and the App SDK in the same room.
 *
 * @example
 * const layer = Presence.layer.pipe(Layer.provide(PresenceConfig.layer({ sessionTtl: "60 seconds" })))
 */
export const PresenceConfig = Context.Reference<PresenceConfigShape>(
  "effect-sanity-presence/PresenceConfig",
  { defaultValue: () => defaults }
)

/** In milliseconds. Below these, a server would be hammered, or a loop never rest. */
const minima: { readonly [K in keyof Times]?: number } = {
  backoffBase: 10,
  backoffMax: 10,
  silenceMin: 100,
  announceInterval: 100
}

const toDuration = (key: keyof Times, value: Duration.Input): Duration.Duration => {
  const duration = Number.isNaN(value)
    ? undefined
    : Option.getOrUndefined(Duration.fromInput(value))
  const min = minima[key] ?? 0
  if (duration === undefined || Duration.toMillis(duration) < min) {
    throw invalidConfiguration(
      `\`${key}\` is no duration that works. Give at least ${min} ms, as a number of milliseconds or as in "30 seconds".`
    )
  }
  return duration
}

const toLimit = (key: keyof Limits, value: number): number => {
  if (typeof value === "number" && value >= 1) return value
  throw invalidConfiguration(`\`limits.${key}\` is no limit that works. Give a number from 1.`)
}

/**
 * The defaults with some of them changed.
 *
 * @throws PresenceError where a value is no duration, or negative, or a limit is below 1
 *
 * @example
 * const config = PresenceConfig.make({ idleAfter: "2 minutes", limits: { sessions: 500 } })
 */
export const make = (input: PresenceConfigInput): PresenceConfigShape => {
  const { limits: defaultLimits, ...defaultTimes } = defaults
  const times: { -readonly [K in keyof Times]: Times[K] } = { ...defaultTimes }
  for (const key of Struct.keys(times)) {
    const value = input[key]
    if (value !== undefined) times[key] = toDuration(key, value)
  }
  const limits: { -readonly [K in keyof Limits]: Limits[K] } = { ...defaultLimits }
  for (const key of Struct.keys(limits)) {
    const value = input.limits?.[key]
    if (value !== undefined) limits[key] = toLimit(key, value)
  }
  return { ...times, limits }
}

/**
 * Provides the defaults with some of them changed.
 *
 * @throws PresenceError where a value is no duration, or negative, or a limit is below 1
 *
 * @example
 * const live = Layer.provide(Presence.layer, PresenceConfig.layer({ hiddenTimeout: "10 minutes" }))
 */
export const layer = (input: PresenceConfigInput): Layer.Layer<never> =>
  Layer.succeed(PresenceConfig, make(input))
