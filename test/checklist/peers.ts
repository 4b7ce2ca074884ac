/**
 * What the tests of the App SDK say of presence, and which test here says it of ours.
 *
 * A behaviour is found by the line of the peer's test; the digest is that of the whole file, so that
 * an update of the peer is read again. Words and judgements are ours.
 */

/** A test here, by a part of its name that no other test of the file has. */
export interface Counterpart {
  readonly file: string
  readonly test: string
}

/**
 * - `says`: what the peer's test wants.
 * - `ours`: which tests here want it.
 * - `otherwise`: how ours differs on purpose; the tests are of that.
 * - `notHere`: why there is nothing to test.
 */
export type Behaviour = { readonly line: number; readonly says: string } & (
  | { readonly ours: ReadonlyArray<Counterpart>; readonly otherwise?: string }
  | { readonly notHere: string }
)

/** A file of a peer's tests, below its package. */
export interface PeerFile {
  readonly peer: string
  readonly file: string
  readonly digest: string
  readonly behaviours: ReadonlyArray<Behaviour>
}

const inFile =
  (file: string) =>
  (test: string): Counterpart => ({ file: `test/${file}`, test })

const announceSchedule = inFile("unit/AnnounceSchedule.test.ts")
const bifurTransport = inFile("unit/BifurTransport.test.ts")
const connectionMachine = inFile("unit/ConnectionMachine.test.ts")
const documentRef = inFile("unit/DocumentRef.test.ts")
const forDocument = inFile("unit/forDocument.test.ts")
const peersPage = inFile("unit/peersPage.test.ts")
const peersPaths = inFile("unit/peersPaths.test.ts")
const peersRoom = inFile("unit/peersRoom.test.ts")
const presence = inFile("unit/Presence.test.ts")
const presenceQuery = inFile("unit/PresenceQuery.test.ts")
const roomSources = inFile("unit/RoomSources.test.ts")
const sanityClient = inFile("unit/SanityClient.test.ts")
const users = inFile("unit/Users.test.ts")
const wire = inFile("unit/wire.test.ts")

const transport = inFile("contract/Transport.test.ts")
const createPresence = inFile("integration/createPresence.test.ts")
const presenceMap = inFile("integration/PresenceMap.test.ts")
const userLookup = inFile("integration/UserLookup.test.ts")
const relays = inFile("fault/connection.test.ts")
const documentIds = inFile("interop/documentIds.test.ts")
const interop = inFile("interop/Wire.test.ts")

const provider = inFile("react/react.test.tsx")
const rooms = inFile("react/rooms.test.tsx")
const server = inFile("react/server.test.tsx")
const hooks = inFile("react/peers.test.tsx")
const usePresenceField = inFile("react/usePresenceField.test.tsx")
const usePresenceForDocument = inFile("react/usePresenceForDocument.test.tsx")
const useReportPresence = inFile("react/useReportPresence.test.tsx")

/** Every file of tests that the peers have about presence. */
export const peers: ReadonlyArray<PeerFile> = [
  {
    peer: "@sanity/sdk",
    file: "src/presence/bifurTransport.test.ts",
    digest: "2cce210f3eddb1b3",
    behaviours: [
      {
        line: 72,
        says: "the socket of a dataset: the project's host, the dataset in the path, the app's tag",
        ours: [
          sanityClient("addresses a dataset's room on the project's host"),
          sanityClient("pins an app's client to its API version and keeps its tag")
        ]
      },
      {
        line: 85,
        says: "the socket of a canvas: the global host, the canvas in the path",
        ours: [sanityClient("addresses a canvas on the global host")]
      },
      {
        line: 107,
        says: "a client that names neither is refused with an error that says so",
        ours: [sanityClient("says what is missing or wrong, before any network")]
      },
      {
        line: 125,
        says: "somebody's roll call arrives with who called it",
        ours: [
          transport("delivers roll calls and goodbyes"),
          wire("disconnects and roll calls arrive as they were sent")
        ]
      },
      {
        line: 155,
        says: "somebody's announce arrives with its sender and all its places",
        ours: [
          transport("delivers an announce to everyone, the sender included"),
          wire("a state event arrives as it was sent")
        ]
      },
      {
        line: 196,
        says: "somebody's goodbye arrives with whose session ended",
        ours: [
          transport("delivers roll calls and goodbyes"),
          wire("disconnects and roll calls arrive as they were sent")
        ]
      },
      {
        line: 232,
        says: "an event of a type that is unknown is an error of the stream",
        otherwise:
          "it is left out and counted, and ends nothing: one sender must not silence a room",
        ours: [
          wire("[R2] an unknown event type is told from a malformed event"),
          bifurTransport("[R2] frames that are for nobody or no protocol end nothing")
        ]
      },
      {
        line: 257,
        says: "each live socket is one generation, counted up, however often it beats",
        ours: [
          transport("says when the connection is lost, refuses to send meanwhile, and comes back"),
          connectionMachine("tells Connected and Disconnected in turn")
        ]
      },
      {
        line: 285,
        says: "nothing is tried again before its wait is over",
        ours: [bifurTransport("waits longer and longer between attempts")]
      },
      {
        line: 307,
        says: "others are heard on the next socket as they were on the lost one",
        ours: [
          presence("[R4] a reconnect: those who answer never left"),
          relays("always back, nobody lost, nobody doubled, nobody flickers")
        ]
      },
      {
        line: 353,
        says: "the end of the page is told on beforeunload and pagehide, until nobody listens",
        otherwise: "on pagehide alone: who is asked before an unload may still stay",
        ours: [
          peersPage("is pagehide, each time, until nobody listens"),
          peersPage("is not beforeunload")
        ]
      },
      {
        line: 384,
        says: "without a window there is no end of a page",
        ours: [peersRoom("where there is no page, nothing happens to one")]
      },
      {
        line: 398,
        says: "the form of a roll call on the wire",
        ours: [
          wire("messages become the requests of the protocol"),
          interop("what we say has exactly Bifur's form")
        ]
      },
      {
        line: 410,
        says: "the form of an announce on the wire",
        ours: [
          wire("messages become the requests of the protocol"),
          interop("what we say has exactly Bifur's form")
        ]
      },
      {
        line: 425,
        says: "the form of a goodbye on the wire",
        ours: [
          wire("messages become the requests of the protocol"),
          interop("what we say has exactly Bifur's form")
        ]
      },
      {
        line: 437,
        says: "a message of a type that is unknown sends nothing",
        notHere: "the messages are a closed union of three: a fourth does not compile"
      }
    ]
  },
  {
    peer: "@sanity/sdk",
    file: "src/presence/paths.test.ts",
    digest: "e07a101ebb76d7d0",
    behaviours: [
      {
        line: 7,
        says: "the empty path means all of a document",
        ours: [peersPaths("the document itself means everything in it")]
      },
      {
        line: 12,
        says: "a path means itself",
        ours: [peersPaths("a field means itself and what is in it")]
      },
      {
        line: 16,
        says: "a path means what is below it",
        ours: [peersPaths("a field means itself and what is in it")]
      },
      {
        line: 20,
        says: "a path does not mean what is above it",
        ours: [peersPaths("a field means nothing above or beside it")]
      },
      {
        line: 24,
        says: "a path does not mean what is beside it",
        ours: [peersPaths("a field means nothing above or beside it")]
      },
      {
        line: 28,
        says: "a name that another begins with does not mean that one",
        ours: [peersPaths("a field means none whose name begins with its own")]
      },
      {
        line: 33,
        says: "items are compared by key, not as objects",
        ours: [
          peersPaths("a key means itself, whatever else is said of the item"),
          presenceQuery(
            "[Q3] a path means what is at or below it, and keyed segments compare by key"
          )
        ]
      },
      {
        line: 39,
        says: "a key is neither a name nor an index",
        ours: [
          peersPaths("a key means itself, whatever else is said of the item"),
          peersPaths("a name means no key")
        ]
      },
      {
        line: 45,
        says: "indexes are compared by number",
        ours: [peersPaths("an index means itself")]
      },
      {
        line: 50,
        says: "ranges are compared by both ends",
        ours: [peersPaths("a range means itself, by both ends")]
      },
      {
        line: 57,
        says: "a range is no key, and a key no range",
        ours: [peersPaths("a range means itself, by both ends"), peersPaths("a key means no range")]
      },
      {
        line: 62,
        says: "a Portable Text field and block mean the spans in them, and no others",
        ours: [
          peersPaths("a block means the text in it"),
          peersPaths("a block means no text in another")
        ]
      }
    ]
  },
  {
    peer: "@sanity/sdk",
    file: "src/presence/presenceStore.test.ts",
    digest: "eb813dc79e779a1b",
    behaviours: [
      {
        line: 100,
        says: "reading connects with the app's client, its token and a session id",
        ours: [
          createPresence("takes the app's own client, and its token"),
          interop("what we say has exactly Bifur's form")
        ]
      },
      {
        line: 110,
        says: "connecting calls the roll",
        ours: [presence("[A1] nothing while it only reads")]
      },
      {
        line: 116,
        says: "nobody is an empty array",
        ours: [
          server("every hook renders nobody and Connecting"),
          presenceQuery("[Q1] nobody is always the identical array")
        ]
      },
      {
        line: 121,
        says: "who announces is shown, with the places that were announced",
        ours: [createPresence("shows two people to each other, moving, leaving")]
      },
      {
        line: 158,
        says: "one's own session is not among the others",
        ours: [presence("[R1] its own echoes: neither shown nor answered")]
      },
      {
        line: 180,
        says: "who says goodbye is gone",
        ours: [
          createPresence("shows two people to each other, moving, leaving"),
          presence("[R9] joins, moves and leaves, told apart and in order")
        ]
      },
      {
        line: 212,
        says: "the profiles of who is there are asked for, as users of the project",
        ours: [
          roomSources("[U1] the names of those who are there, or come, are asked for"),
          userLookup("come in one answer where they are the project's")
        ]
      },
      {
        line: 244,
        says: "who announces no place is there all the same",
        ours: [presence("[R9] joins, moves and leaves, told apart and in order")]
      },
      {
        line: 267,
        says: "a media library is refused with an error",
        ours: [
          presenceMap("there is none of a media library"),
          createPresence("throws a typed error where the options name no room")
        ]
      },
      {
        line: 275,
        says: "a dataset has presence",
        ours: [createPresence("shows two people to each other, moving, leaving")]
      },
      {
        line: 283,
        says: "a canvas has presence",
        ours: [interop("in the room of a canvas all see each other")]
      },
      {
        line: 291,
        says: "for a dataset the client is on the project's host, at a fixed API version",
        ours: [
          sanityClient("addresses a dataset's room on the project's host"),
          sanityClient("pins an app's client to its API version and keeps its tag")
        ]
      },
      {
        line: 303,
        says: "for a canvas the client is of that resource",
        ours: [sanityClient("addresses a canvas on the global host")]
      },
      {
        line: 313,
        says: "the organization of a canvas is asked of the canvas",
        ours: [userLookup("are its organization's, which is asked for once")]
      },
      {
        line: 323,
        says: "no organization is asked for in a dataset",
        ours: [userLookup("come in one answer where they are the project's")]
      },
      {
        line: 329,
        says: "in a canvas people are users of its organization",
        ours: [
          createPresence("[U1] a canvas knows people through its organization"),
          userLookup("are its organization's, which is asked for once")
        ]
      },
      {
        line: 361,
        says: "people are shown, by a placeholder, where the organization can't be read",
        otherwise: "they are shown with their ids, and it is asked for again later",
        ours: [
          userLookup("an organization that could not be read is asked for again"),
          users("[U1] one that fails keeps nobody waiting, and is asked for again later")
        ]
      },
      {
        line: 398,
        says: "who has no profile is shown with a whole one, of a placeholder",
        otherwise: "the id stands in for the name, which tells two strangers apart",
        ours: [
          users("[U1] shows the id until the profile is there"),
          roomSources("shows ids where its layer has no profiles")
        ]
      },
      {
        line: 451,
        says: "who is in a document twice is there twice, once for each place",
        ours: [presenceQuery("one who is in two places is there twice")]
      },
      {
        line: 469,
        says: "a draft, its published document and its versions are one",
        ours: [presenceQuery("[Q2] a draft, its published document and its versions are one")]
      },
      {
        line: 484,
        says: "without versions an id means exactly itself",
        ours: [
          presenceQuery("[Q2] a draft, its published document and its versions are one"),
          documentIds("everyone whom the SDK finds, exactly and with versions")
        ]
      },
      {
        line: 504,
        says: "without versions a published id means the draft, as in a report",
        ours: [
          documentIds("what the SDK reports is where ours says it is"),
          documentRef("[Q2] a report and a query resolve an id in the same way")
        ]
      },
      {
        line: 525,
        says: "a path narrows to the field and what is in it",
        ours: [
          presenceQuery("[Q3] a path means what is at or below it"),
          interop("the SDK's document presence finds us by document, version and path")
        ]
      },
      {
        line: 543,
        says: "a path finds list items by key",
        ours: [
          presenceQuery("[Q3] a path means what is at or below it"),
          peersPaths("a key means itself, whatever else is said of the item")
        ]
      },
      {
        line: 564,
        says: "a caret arrives with the place in the document",
        ours: [
          peersRoom("shows selections in a document"),
          interop("every form of path and caret of")
        ]
      },
      {
        line: 582,
        says: "without a caret the place has no such field",
        ours: [peersRoom("shows selections in a document, and no such field where there is none")]
      },
      {
        line: 594,
        says: "asked twice, it is the identical array",
        ours: [
          presenceQuery(
            "[Q1] an answer is the identical array until something in its document changes"
          )
        ]
      },
      {
        line: 608,
        says: "queries that are read in turn keep their own arrays",
        ours: [
          roomSources("[Q1] what is of no concern leaves every answer identical"),
          presenceQuery("equal queries have the same key, and others have another")
        ]
      },
      {
        line: 633,
        says: "names are there for who reads a document and nothing else",
        ours: [peersRoom("shows names in a document though nobody reads anything else")]
      },
      {
        line: 654,
        says: "who is in another document is not in this one",
        ours: [
          forDocument("what happens elsewhere, and heartbeats, wake nobody"),
          presenceQuery("answers what a filter over all sessions answers")
        ]
      },
      {
        line: 668,
        says: "a reconnect empties the room, calls the roll, and shows who answers",
        otherwise: "all are kept, marked stale, until they answer or had time to: nobody flickers",
        ours: [
          presence("[R4] a reconnect: those who answer never left, those who do not are lost"),
          transport("says when the connection is lost, refuses to send meanwhile, and comes back")
        ]
      },
      {
        line: 712,
        says: "a goodbye that failed does not keep the next one back",
        ours: [peersRoom("says goodbye each time, also where the one before had no answer")]
      },
      {
        line: 732,
        says: "a page that ends says goodbye",
        ours: [
          bifurTransport("a page that goes says goodbye and closes within its last event"),
          presence("[C9] within the page's last event")
        ]
      },
      {
        line: 748,
        says: "who is not heard for 90 s is gone, and not before",
        ours: [
          presence("[R3] sessions expire 90 s after their last word"),
          presence("[R3] a crashed peer goes, one that only keeps still stays")
        ]
      },
      {
        line: 782,
        says: "who repeats their announce stays for as long as they do",
        ours: [presence("[R3] a crashed peer goes, one that only keeps still stays")]
      },
      {
        line: 823,
        says: "reading says nothing, for however long",
        ours: [
          presence("[A1] nothing while it only reads"),
          announceSchedule("[A1] is silent without a report")
        ]
      },
      {
        line: 838,
        says: "a reported id is that of the perspective, or of the published document under live edit",
        ours: [
          documentRef("with whatever prefix it is named"),
          documentIds("what ours reports is found there by the SDK")
        ]
      },
      {
        line: 867,
        says: "a report of a document alone: an empty path, and when it was made",
        ours: [peersRoom("of a document alone has an empty path, a time and nothing else")]
      },
      {
        line: 894,
        says: "keys and a caret are announced as they were reported",
        ours: [
          peersRoom("has the selection that was reported"),
          interop("every form of path and caret of")
        ]
      },
      {
        line: 932,
        says: "without a caret the announce has no such field",
        ours: [
          peersRoom("has the selection that was reported, and no such field where there was none")
        ]
      },
      {
        line: 945,
        says: "an empty report is announced: here, in no document",
        ours: [presence("[A1] an empty report: present, in no document")]
      },
      {
        line: 958,
        says: "reports that follow each other within a window become one announce, of the last",
        otherwise: "the first one goes out at once, the last at the end of the window",
        ours: [
          announceSchedule("[A2] the first move after a quiet window goes out at once"),
          presence("[A2] one announce per window under a storm of reports, and the last one wins")
        ]
      },
      {
        line: 982,
        says: "the same place again announces nothing",
        ours: [presence("[A2] nothing for an equal report, however it is written")]
      },
      {
        line: 1002,
        says: "who keeps still announces every 30 s",
        ours: [
          presence("[A2] at once when it moves, and every 30 s after that"),
          interop("while idle we repeat our announce, and the SDK goes on showing us")
        ]
      },
      {
        line: 1020,
        says: "another session's roll call is answered",
        ours: [presence("[A2] in answer to another session's roll call")]
      },
      {
        line: 1041,
        says: "one's own roll call that comes back is not answered",
        ours: [presence("[R1] its own echoes: neither shown nor answered")]
      },
      {
        line: 1064,
        says: "after a failed announce come the next heartbeat, roll call and reconnect all the same",
        ours: [
          peersRoom("[A4] goes on after announces that had no answer, on every occasion"),
          presence("[A2] [A4] again on every new connection, and lost sends end nothing")
        ]
      },
      {
        line: 1098,
        says: "where the stream of events fails, heartbeats and reconnects go on announcing",
        otherwise: "it can't fail: what could make it is left out and counted",
        ours: [peersRoom("[R2] goes on whatever arrives, on every occasion")]
      },
      {
        line: 1123,
        says: "each new connection is told where one is",
        ours: [
          presence("[A2] [A4] again on every new connection, and lost sends end nothing"),
          announceSchedule("[A2] announces on every new connection, and never without one")
        ]
      },
      {
        line: 1141,
        says: "one that ended for want of readers announces the last report when it begins anew",
        ours: [peersRoom("[A7] that ended and begins anew announces what it was last told")]
      },
      {
        line: 1166,
        says: "what was reported before there was a connection is announced on it",
        ours: [
          roomSources("[A7] what was reported while nothing ran is announced once it runs"),
          provider(
            "announces what a child reported while it mounted, before anything was connected"
          )
        ]
      },
      {
        line: 1189,
        says: "a while after the last reader it says goodbye on the open socket, then closes it",
        ours: [
          rooms("[H3] share one socket and one session, and say goodbye after the last one"),
          provider("[P2] [C9] unmounting says disconnect and closes the socket")
        ]
      },
      {
        line: 1212,
        says: "every session has an id of its own, kept nowhere",
        ours: [
          roomSources("ends a moment after the last holder let go, and begins anew with the next"),
          rooms("[H3] two session keys are two sessions, and the same key is one")
        ]
      }
    ]
  },
  {
    peer: "@sanity/sdk-react",
    file: "src/hooks/presence/usePresence.test.tsx",
    digest: "ede65b1632bb3024",
    behaviours: [
      {
        line: 22,
        says: "shows who is there, and who comes",
        ours: [provider("shows everyone else, moving and leaving")]
      },
      {
        line: 90,
        says: "throws in a media library",
        ours: [hooks("throws a typed error in a media library")]
      },
      {
        line: 105,
        says: "is of the dataset that it is given",
        otherwise: "the provider is given it, once for all hooks",
        ours: [rooms("another dataset is another room; options written anew are the same one")]
      }
    ]
  },
  {
    peer: "@sanity/sdk-react",
    file: "src/hooks/presence/usePresenceForDocument.test.tsx",
    digest: "db665b2f74ad1977",
    behaviours: [
      {
        line: 53,
        says: "shows who is in the document, and who comes",
        ours: [
          usePresenceForDocument("renders for its own document alone, the query written inline")
        ]
      },
      {
        line: 68,
        says: "asks for the path and the versions that it is given",
        ours: [
          usePresenceForDocument("[Q3] narrows to what is at or below a path"),
          usePresenceForDocument("takes draft, published document and versions for one")
        ]
      },
      {
        line: 91,
        says: "reads under the perspective that reports are made under",
        ours: [
          usePresenceField("[Q2] reads and reports under the provider's perspective"),
          usePresenceForDocument("[Q2] reads under the provider's perspective")
        ]
      },
      {
        line: 114,
        says: "keeps its subscription through renders with an equal path",
        ours: [usePresenceForDocument("keeps the array, and the subscription")]
      },
      {
        line: 130,
        says: "is an empty array before anything arrived",
        ours: [usePresenceForDocument("is empty before anything arrives, always the same array")]
      }
    ]
  },
  {
    peer: "@sanity/sdk-react",
    file: "src/hooks/presence/useReportPresence.test.tsx",
    digest: "7c39f3aac1d27932",
    behaviours: [
      {
        line: 34,
        says: "a document alone is reported without more",
        ours: [hooks("announces a document by its id and an empty path")]
      },
      {
        line: 43,
        says: "reports under the perspective that it is given, a release for instance",
        ours: [useReportPresence("[Q2] resolves the document by the provider's perspective")]
      },
      {
        line: 60,
        says: "live edit means the published document",
        ours: [useReportPresence("[Q2] resolves the document by the provider's perspective")]
      },
      {
        line: 69,
        says: "reports under the provider's perspective where it is given none",
        ours: [useReportPresence("[Q2] resolves the document by the provider's perspective")]
      },
      {
        line: 85,
        says: "reports a path",
        ours: [useReportPresence("reports another place 1 s apart at least")]
      },
      {
        line: 94,
        says: "reports keys and a caret as given",
        ours: [hooks("announces keys and a selection as they were given")]
      },
      {
        line: 110,
        says: "an equal place, written anew at each render, is reported once",
        ours: [useReportPresence("announces an inline place once, however often it is rendered")]
      },
      {
        line: 128,
        says: "of a burst the last place is reported, a second after the first",
        ours: [
          useReportPresence("reports another place 1 s apart at least, and the last one in the end")
        ]
      },
      {
        line: 149,
        says: "carets are reported four times a second",
        ours: [
          useReportPresence("[H2] reports a caret 250 ms apart"),
          useReportPresence("a caret does not wait for as long as the focus before it")
        ]
      },
      {
        line: 177,
        says: "unmounting leaves one here, in no document",
        ours: [useReportPresence("takes back what it reported when it unmounts")]
      },
      {
        line: 188,
        says: "from place to place there is no moment in none",
        ours: [
          useReportPresence("reports another place 1 s apart at least"),
          useReportPresence("passing on from one component to another is one announce")
        ]
      }
    ]
  }
]
