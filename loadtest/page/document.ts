import { escaped } from "./markup.js";

/** A page that may fetch nothing. `style` and `body` are markup already. */
export const pageDocument = (title: string, style: string, body: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body><main>
${body.filter((each) => each !== "").join("\n")}
</main></body>
</html>
`;
