/** The connection and nothing else: the rest is the app's own, with rxjs. */
export { fromUrl } from "@sanity/bifur-client"
export { map, scan, shareReplay } from "rxjs"
