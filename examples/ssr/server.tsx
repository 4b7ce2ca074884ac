import { renderToString } from "react-dom/server"
import { App, type Room } from "./App.tsx"

/** The page's body as text. */
export const render = (room: Room): string => renderToString(<App room={room} />)
