/** What `run.ts` tells the pages when it builds them: where the relay is. */
declare const API_HOST: string
