FROM a:1 AS fetch
ARG NAME=token
RUN --mount=type=secret,id=$NAME --mount=type=ssh a
RUN --mount=type=secret,id=token,required --mount=type=secret,target=/run/.npmrc,env=X b
FROM a:1
COPY --from=fetch / /
RUN --mount=type=cache,target=/cache --mount=type=cache,id=go,target=/c --mount=type=ssh,id=git,required c
