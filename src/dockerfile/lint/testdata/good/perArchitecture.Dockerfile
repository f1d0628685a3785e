# check=skip=FromPlatformFlagConstDisallowed
FROM alpine:3.20 AS bin-amd64
ADD https://example.com/tool-x86_64 /tool
FROM alpine:3.20 AS bin-arm64
ADD https://example.com/tool-aarch64 /tool
FROM alpine:3.20 AS bin-arm
ADD https://example.com/tool-armv7 /tool
ARG TARGETARCH
FROM bin-${TARGETARCH} AS bin
FROM alpine:3.20
COPY --from=bin --chmod=755 /tool /usr/bin/tool
