import { LeanSocket } from "../../driver/lean-socket.js";

/** As long as those of the readers. */
const SAMPLE_ID = 10;

/** What a gateway answers to one read, for a floor to repeat. */
export async function sampleAnswer(url: string, token: string, name: string): Promise<string> {
  let onText: (text: string) => void = () => {};
  const socket = await LeanSocket.open(url, "127.0.0.1", { onText: (text) => onText(text), onClose: () => {} });
  const ask = (message: object): Promise<string> =>
    new Promise((resolve) => {
      onText = resolve;
      socket.send(JSON.stringify(message));
    });
  await ask({ type: "hello", id: 0, token });
  const answer = await ask({ type: "status", id: SAMPLE_ID, name });
  socket.drop();
  return answer;
}
