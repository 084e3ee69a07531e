import type { FastifyRequest } from "fastify";
import type { Static, TSchema } from "typebox";
import type { Command, SessionRef } from "../protocol/commands.js";
import type { HttpAnswer } from "./answers.js";
import { AcquireBody, MetadataBody, ReleaseBody, RenewBody } from "./bodies.js";
import type { CellService } from "./cell-service.js";
import { acquireCommand, metadataCommand, operationIdOf, releaseCommand, renewCommand, sessionOf } from "./commands.js";
import { authorise, type Credentials } from "./credentials.js";
import { jsonBody } from "./json-body.js";
import type { Verb } from "./lock-path.js";
import { writeAnswerOf } from "./write-answers.js";

export type WriteRoutes = Record<Verb, (request: FastifyRequest, name: string) => Promise<HttpAnswer>>;

const NO_BODY = Buffer.alloc(0);

/**
 * The writes. The order of the checks is part of the API: shape of the body, then the caller, then what the
 * body means. The cell checks the token once more when it commits (rule A3).
 */
export function writeRoutes(service: CellService, credentials: Credentials): WriteRoutes {
  function route<T extends TSchema>(
    schema: T,
    commandOf: (name: string, body: Static<T>) => Command,
    sessionIn: (body: Static<T>) => SessionRef | undefined = () => undefined,
  ) {
    const bodyOf = jsonBody(schema);
    return async (request: FastifyRequest, name: string): Promise<HttpAnswer> => {
      const body = bodyOf((request.body as Buffer | undefined) ?? NO_BODY);
      const { credential } = await authorise(service, credentials.of(request.headers));
      const command = commandOf(name, body);
      const operationId = operationIdOf(request.headers["idempotency-key"]);
      const session = sessionIn(body);
      const answer = await service.execute({
        command,
        tokenHash: credential.hash,
        ...(session === undefined ? {} : { session }),
        ...(operationId === undefined ? {} : { operationId }),
      });
      return writeAnswerOf(answer);
    };
  }

  return {
    acquire: route(AcquireBody, acquireCommand, sessionOf),
    renew: route(RenewBody, renewCommand),
    release: route(ReleaseBody, releaseCommand),
    metadata: route(MetadataBody, metadataCommand),
  };
}
