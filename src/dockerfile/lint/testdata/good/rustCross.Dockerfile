FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.4.0 AS xx
FROM --platform=$BUILDPLATFORM rust:1.79-alpine AS build
COPY --from=xx / /
RUN apk add --no-cache clang lld
WORKDIR /src
COPY . .
ARG TARGETPLATFORM
RUN xx-apk add --no-cache musl-dev gcc
RUN --mount=type=cache,id=target-$TARGETPLATFORM,target=/src/target xx-cargo build --release --target-dir ./target && cp ./target/$(xx-cargo --print-target-triple)/release/app /app
FROM alpine:3.20
COPY --from=build /app /usr/bin/app
ENTRYPOINT ["/usr/bin/app"]
