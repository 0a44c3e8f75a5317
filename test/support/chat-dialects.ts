import type { Quirk } from './fake-chat-server.ts';

/*
 * The errors of the servers that people run, word for word: Ollama (2026-08), llama.cpp server v0.5.0, vLLM, LM Studio, and a hosted service.
 */

/** Ollama: the model is not there. */
export const ollamaMissing: Quirk = ({ request: { model } }) => ({
  status: 404,
  body: { error: { message: `model '${model}' not found`, type: 'not_found_error', param: null, code: null } },
});

/** Ollama: a text model. */
export const ollamaBlind: Quirk = () => ({
  status: 400,
  body: {
    error: {
      message: 'model does not support multimodal requests',
      ...{ type: 'invalid_request_error', param: null, code: null },
    },
  },
});

/** llama.cpp: still loading, for the first requests. */
export const llamaLoading =
  (requests: number): Quirk =>
  (_, count) =>
    count > requests
      ? undefined
      : { status: 503, body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } } };

/** llama.cpp: started without --mmproj. */
export const llamaBlind: Quirk = () => ({
  status: 500,
  body: {
    error: {
      ...{ code: 500, type: 'server_error' },
      message: 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
    },
  },
});

/** llama.cpp with --api-key. */
export const llamaKey =
  (key: string): Quirk =>
  ({ authorization }) =>
    authorization === `Bearer ${key}`
      ? undefined
      : { status: 401, body: { error: { code: 401, message: 'Invalid API Key', type: 'authentication_error' } } };

/** vLLM with its default limit of pictures. */
export const vllmOnePicture: Quirk = ({ pictures }) =>
  pictures.length <= 1
    ? undefined
    : {
        status: 400,
        body: {
          ...{ object: 'error', type: 'BadRequestError', param: null, code: 400 },
          message: 'At most 1 image(s) may be provided in one request.',
        },
      };

/** LM Studio with a model that cannot follow a schema. */
export const lmStudioNoSchema: Quirk = ({ request }) =>
  request.response_format === undefined
    ? undefined
    : { status: 400, body: { error: "'response_format.type' must be 'json_schema' or 'text'" } };

/** A hosted service at its limit, for the first requests after the probe. */
export const hostedBusy =
  (requests: number): Quirk =>
  (_, count) =>
    count === 1 || count > 1 + requests
      ? undefined
      : {
          status: 429,
          headers: { 'retry-after': '0' },
          body: {
            error: { message: 'Rate limit reached', type: 'requests', param: null, code: 'rate_limit_exceeded' },
          },
        };
