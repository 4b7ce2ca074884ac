/**
 * What can be wrong with presence as a whole. Every message says what to do.
 */
import * as Schema from "effect/Schema"

/** Presence does not exist for this kind of resource. */
export class UnsupportedResource extends Schema.TaggedError<UnsupportedResource>()(
  "UnsupportedResource",
  {
    /** Which kind it is: `media-library`, for instance. */
    resource: Schema.String
  }
) {
  override get message() {
    return `There is no presence for ${this.resource} resources. Use a dataset or a canvas.`
  }
}

/** Something needed is missing or malformed. */
export class InvalidConfiguration extends Schema.TaggedError<InvalidConfiguration>()(
  "InvalidConfiguration",
  {
    /** What is wrong, and what to do. */
    detail: Schema.String
  }
) {
  override get message() {
    return this.detail
  }
}

/** The token was refused, or one is needed and there is none. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {
  /** What the server said, and what to do. */
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** The connection cannot be made until something changes. */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>()("ConnectionFailed", {
  /** What has to change. */
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/**
 * Presence cannot work as configured.
 *
 * @example
 * presence.ready.pipe(Effect.catchTag("PresenceError", (error) => Effect.logError(error.message)))
 */
export class PresenceError extends Schema.TaggedError<PresenceError>()("PresenceError", {
  /** What is wrong, by its `_tag`. */
  reason: Schema.Union([UnsupportedResource, InvalidConfiguration, Unauthorized, ConnectionFailed])
}) {
  override get message() {
    return this.reason.message
  }
}

/** An invalid configuration as a {@link PresenceError}. */
export const invalidConfiguration = (detail: string): PresenceError =>
  new PresenceError({ reason: new InvalidConfiguration({ detail }) })
