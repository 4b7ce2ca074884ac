/** Ours with Effect's schema compiler, which an app on a server may switch on for all of its schemas. */
import "effect/schema/SchemaJITCompiler/enable"

export { measure } from "./ours.ts"
